/** Aggregated counts and durations: of a command, a tool, or a whole period. */
import type { Row } from "../store/driver/driver.ts";
import { Sketch } from "../store/rollups/sketch.ts";
import { hasOutcome, isElapsed } from "./classify.ts";

/** A rollup of terminal events. */
export interface TerminalRollup {
  readonly row: Row;
  readonly sketch: RollupSketch | undefined;
}

/** A sketch, or its stored text if that is so short that reading it for each group costs less than storing all bins. */
export type RollupSketch = Sketch | string;
const maxTextChars = 400;

/** Columns of a rollup that classify and aggregate it; `m` is the rollup, `d` its dimensions. */
export const terminalColumns = `m.grain, m.bucket, m.count, m.duration_count, m.duration_sum, m.duration_min, m.duration_max,
  m.duration_sketch, d.event_type, d.source, d.tool_name, d.tool_phase, d.command_path, d.status, d.outcome_of`;

export function terminalRollup(row: Row): TerminalRollup {
  const text = row["duration_sketch"];
  return { row, sketch: typeof text === "string" && !isElapsed(row) ? rollupSketch(text) : undefined };
}

function rollupSketch(text: string): RollupSketch {
  if (text.length <= maxTextChars) return text;
  const sketch = new Sketch();
  sketch.addText(text);
  return sketch;
}

/** Adds a rollup's sketch to that of a group. */
export function addTo(group: Sketch, sketch: RollupSketch): void {
  if (typeof sketch === "string") group.addText(sketch);
  else group.addSketch(sketch);
}

/** Runs of one or more commands. What only a whole line of commands took or returned is a run without outcome. */
export class Aggregate {
  count = 0;
  succeeded = 0;
  failed = 0;
  cancelled = 0;
  totalMs = 0;
  /** Number of known durations. */
  #timed = 0;
  readonly sketch = new Sketch();
  #minMs = Number.POSITIVE_INFINITY;
  #maxMs = Number.NEGATIVE_INFINITY;

  static of(ends: Iterable<TerminalRollup>): Aggregate {
    const group = new Aggregate();
    for (const end of ends) group.add(end);
    return group;
  }

  add({ row, sketch }: TerminalRollup): void {
    const count = Number(row["count"]);
    this.count += count;
    if (!hasOutcome(row)) return;
    if (row["status"] === "ok") this.succeeded += count;
    if (row["status"] === "failed") this.failed += count;
    if (row["status"] === "cancelled") this.cancelled += count;
    this.#timed += Number(row["duration_count"]);
    this.totalMs += Number(row["duration_sum"]);
    if (sketch === undefined) return;
    this.#minMs = Math.min(this.#minMs, Number(row["duration_min"]));
    this.#maxMs = Math.max(this.#maxMs, Number(row["duration_max"]));
    addTo(this.sketch, sketch);
  }

  /** Runs with an outcome that counts for the success rate. */
  get decided(): number {
    return this.succeeded + this.failed;
  }

  /** `null` without decided runs. */
  get successRate(): number | null {
    return this.decided === 0 ? null : this.succeeded / this.decided;
  }

  /** Milliseconds; `null` without durations. */
  get averageMs(): number | null {
    return this.#timed === 0 ? null : Math.round(this.totalMs / this.#timed);
  }

  /** Milliseconds; `null` without durations. */
  quantileMs(p: number): number | null {
    return this.sketch.quantile(p, this.#minMs, this.#maxMs);
  }
}

/** Groups by name; rollups without a name are omitted. */
export function byName(
  ends: Iterable<TerminalRollup>,
  nameOf: (row: Row) => unknown,
): ReadonlyMap<string, readonly TerminalRollup[]> {
  const groups = new Map<string, TerminalRollup[]>();
  for (const end of ends) {
    const name = nameOf(end.row);
    if (typeof name !== "string") continue;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [end]);
    else group.push(end);
  }
  return groups;
}

/** Groups by name and aggregates each group. */
export function aggregatesByName(
  ends: Iterable<TerminalRollup>,
  nameOf: (row: Row) => unknown,
): ReadonlyMap<string, Aggregate> {
  return new Map([...byName(ends, nameOf)].map(([name, own]) => [name, Aggregate.of(own)]));
}

const countOf = (ends: readonly TerminalRollup[]) => ends.reduce((sum, { row }) => sum + Number(row["count"]), 0);

/** Sorts by count, then by name. */
export function mostFrequent(
  groups: ReadonlyMap<string, readonly TerminalRollup[]>,
): readonly { readonly name: string; readonly count: number; readonly ends: readonly TerminalRollup[] }[] {
  return [...groups]
    .map(([name, ends]) => ({ name, ends, count: countOf(ends) }))
    .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
}

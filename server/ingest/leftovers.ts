/**
 * What was not imported of event logs, kept when its log is removed, for as long as events are kept: events from before the consent and
 * ahead of the clock, as the firewall has them; and of damaged lines where they were, since their text may hold anything. Events
 * ahead of the clock are imported once they are due; `nexus usage import` tries all of them again.
 */

import { closeSync, fsyncSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { replaceFile } from "../files/atomic-write.ts";
import { appendFlags, makeFolder } from "../files/ownership.ts";
import type { CleanEvent } from "../privacy/clean-event.ts";
import { isAlive } from "../store/pid.ts";
import { type Line, type LinePosition, lineOf } from "./log-reader.ts";

export const leftoverReasons = ["before_consent", "ahead_of_clock", "damaged"] as const;
export type LeftoverReason = (typeof leftoverReasons)[number];

export interface Leftover {
  readonly reason: LeftoverReason;
  readonly place: LinePosition;
  /** A line that reports the event; `null` of a damaged one. */
  readonly text: string | null;
  /** When the event happened, in milliseconds since 1970. */
  readonly tsMs?: number | undefined;
}

/** An event as it is kept: a line of an event log. */
export function leftoverOf(reason: LeftoverReason, place: LinePosition, event: CleanEvent): Leftover {
  const { id, type, tsMs, utcOffsetMin, sessionId, source, seq, payload } = event;
  const envelope = { id, event_type: type, ts: tsMs, utc_offset_min: utcOffsetMin, session_id: sessionId, source, seq };
  return { reason, place, tsMs, text: JSON.stringify({ ...envelope, ...payload }) };
}

/** An event may lie this far ahead of the clock: then its line is due. Milliseconds. */
const aheadMs = 24 * 60 * 60 * 1000;

/** The day on which its lines were kept, when the first of them is due (0: never by itself), and who is trying them again. */
const namePattern = /^(\d{4}-\d{2}-\d{2})\.due-(\d+)\.jsonl(?:\.(\d+)\.retry)?$/;

interface LeftoverFile {
  readonly path: string;
  readonly day: string;
  readonly dueMs: number;
  /** The process that tries its lines again. */
  readonly pid: number | undefined;
}

export class Leftovers {
  readonly folder: string;

  constructor(eventLogFolder: string) {
    this.folder = join(eventLogFolder, "not-imported");
  }

  /** Appends, durably: the log that holds them is about to be removed. @throws the file system's error. */
  keep(leftovers: readonly Leftover[], nowMs: number): void {
    this.#keep(leftovers, dayOf(nowMs));
  }

  #keep(leftovers: readonly Leftover[], day: string): void {
    const ahead = leftovers.filter(({ reason }) => reason === "ahead_of_clock");
    const others = leftovers.filter(({ reason }) => reason !== "ahead_of_clock");
    const dueMs = Math.min(...ahead.map(({ tsMs = 0 }) => tsMs - aheadMs));
    if (ahead.length > 0) this.#append(ahead, `${day}.due-${Math.max(1, dueMs)}.jsonl`);
    if (others.length > 0) this.#append(others, `${day}.due-0.jsonl`);
  }

  #append(leftovers: readonly Leftover[], name: string): void {
    makeFolder(this.folder);
    const path = join(this.folder, name);
    const file = openSync(path, appendFlags, 0o600);
    try {
      // A line that a crash has cut must not swallow the next one.
      writeFileSync(file, `\n${leftovers.map(textOf).join("\n")}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }

  /** How many lines are kept, by reason. After a crash a line may be kept twice, and counts once. @throws the file system's error. */
  count(): Readonly<Record<LeftoverReason, number>> {
    const seen = new Map<string, LeftoverReason>();
    for (const { path } of this.#files())
      for (const leftover of leftoversIn(path)) seen.set(keyOf(leftover), leftover.reason);
    const counts = { before_consent: 0, ahead_of_clock: 0, damaged: 0 };
    for (const reason of seen.values()) counts[reason] += 1;
    return counts;
  }

  /** Whether lines that were ahead of the clock can be imported now. */
  isDue(nowMs: number): boolean {
    return this.#files().some(({ dueMs }) => dueMs > 0 && dueMs <= nowMs);
  }

  /**
   * Hands kept lines to `take`: all of them, or those that are due. What `take` gives back is kept on, for as long as before. Two
   * processes never try the same lines; after a crash they come again.
   * @throws the file system's error, and that of `take`.
   */
  async retry(
    requested: "all" | "due",
    nowMs: number,
    take: (lines: readonly Line[], keepOn: (leftovers: readonly Leftover[]) => void) => Promise<void>,
  ): Promise<void> {
    for (const file of this.#files()) {
      if (requested === "due" && (file.dueMs === 0 || file.dueMs > nowMs)) continue;
      const claimed = claim(file);
      if (claimed === undefined) continue;
      const known = [...distinct(leftoversIn(claimed)).values()];
      const damaged = known.filter(({ text }) => text === null);
      const lines = known.flatMap(({ text, place }) => (text === null ? [] : [lineOf(Buffer.from(text), place)]));
      await take(lines, (leftovers) => this.#keep([...leftovers, ...damaged], file.day));
      rmSync(claimed, { force: true });
    }
  }

  /** Removes what was kept, and happened, before a moment. */
  expire(oldestMs: number): void {
    for (const { path, day } of this.#files()) {
      if (day >= dayOf(oldestMs)) continue;
      // A file may be dated by a clock that was wrong; the lines know better.
      const younger = leftoversIn(path).filter(({ tsMs }) => tsMs !== undefined && tsMs >= oldestMs);
      if (younger.length === 0) rmSync(path, { force: true });
      else replaceFile(path, `${younger.map(textOf).join("\n")}\n`);
    }
  }

  /** For a purge. */
  empty(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #files(): readonly LeftoverFile[] {
    return namesIn(this.folder)
      .sort()
      .flatMap((name) => {
        const [, day, due, pid] = namePattern.exec(name) ?? [];
        if (day === undefined) return [];
        const path = join(this.folder, name);
        return [{ path, day, dueMs: Number(due), pid: pid === undefined ? undefined : Number(pid) }];
      });
  }
}

/** None where there is no folder, or one that cannot be read, which `doctor` reports. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Renames a file for this process alone; nothing where another living process has it. */
function claim({ path, pid }: LeftoverFile): string | undefined {
  if (pid !== undefined && pid !== process.pid && isAlive(pid)) return undefined;
  const name = basename(path).replace(/\.\d+\.retry$/, "");
  const claimed = join(path, "..", `${name}.${process.pid}.retry`);
  try {
    renameSync(path, claimed);
    return claimed;
  } catch (error) {
    // Another process was faster.
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** Of a damaged line only where it was: a digest of its text, or of the log's first line, could be guessed. */
const textOf = ({ reason, place: { log, offset }, text }: Leftover): string =>
  JSON.stringify(text === null ? { reason, log, offset, event: null } : { reason, event: JSON.parse(text) });

/** After a crash the same may be kept twice. */
const keyOf = ({ place: { log, offset }, text }: Leftover): string => text ?? `${log} ${offset}`;

const distinct = (leftovers: readonly Leftover[]): ReadonlyMap<string, Leftover> =>
  new Map(leftovers.map((leftover) => [keyOf(leftover), leftover]));

function leftoversIn(path: string): readonly Leftover[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .flatMap((text) => {
      try {
        const { reason, log = "", offset = 0, event } = JSON.parse(text);
        if (!leftoverReasons.includes(reason)) return [];
        const place = { log, first: "", offset };
        return [{ reason, place, text: event === null ? null : JSON.stringify(event), tsMs: event?.ts }];
      } catch {
        // Blank, or cut by a crash: the log it came from was not removed yet, and is imported again.
        return [];
      }
    });
}

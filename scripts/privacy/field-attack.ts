/**
 * Attacks through event fields: passes texts to a real worker in raw fields of all event types, and
 * searches everything it writes or returns: the database and its side files, the export, the status,
 * the statistics, and all error messages.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { v4, v7 } from "uuid";
import { pathsFrom } from "../../server/config/paths.ts";
import type { TelemetryService } from "../../server/worker/service.ts";
import { maxEventsPerRequest } from "../../shared/protocol/record.ts";
import { exportKinds } from "../../shared/protocol/worker.ts";
import { eventAliases, eventTypeNames } from "../../shared/schema/events.ts";
import { fieldNames } from "../../shared/schema/fields.ts";
import { markRaw } from "../../shared/schema/raw.ts";
import { sources } from "../../shared/schema/sources.ts";
import { attackTarget } from "./attack-target.ts";
import type { Case } from "./corpus/generated.ts";
import { foundIn, needlesOf } from "./search.ts";

/** Cases per database. More are faster to feed, but slower to search. */
export const casesPerRun = 400;

const types = [...eventTypeNames, ...Object.keys(eventAliases)];

/** Valid values of all required fields; the attack overwrites some of them. */
export const innocent = {
  stream: "tool",
  tool_name: "Bash",
  tool_phase: "end",
  command: "status",
  thinktool: "bedrock",
  profile: "deep",
  dropped_count: 1,
  error_category: "timeout",
  install_method: "npm",
  feature: "stats",
  milestone: "5",
  phase: "end",
  language: "go",
  experiment: "exp-1",
  variant: "a",
};

/** The attack vectors. `n` selects the event type and the field. */
const inputs: readonly ((text: string, n: number) => object)[] = [
  (text) => ({ event_type: "agent_event", command_line: text }),
  (text) => ({ event_type: "agent_event", command_line: `sudo env A=b ${text} && echo ${text}` }),
  (text) => ({ event_type: "agent_event", tool_name: text, agent: text, model: text }),
  (text, n) => ({ event_type: types[n % types.length], path: text, message: text, prompt: { deep: [text] } }),
  (text, n) => ({ event_type: types[n % types.length], [text]: text }),
  (text, n) => ({ event_type: types[n % types.length], workspace: text, task: text }),
  (text) => ({
    event_type: "command_executed",
    command: text,
    subcommand: text,
    error: { category: text, code: text },
  }),
  (text, n) => ({ event_type: types[n % types.length], [fieldNames[n % fieldNames.length] ?? ""]: text }),
  (text, n) => ({ ...Object.fromEntries(fieldNames.map((name) => [name, text])), event_type: types[n % types.length] }),
  (text) => ({ event_type: text }),
  (text) => ({ event_type: "agent_event", id: text }),
  (text) => ({ event_type: "agent_event", session_id: text, source: text }),
];

export const inputCount = inputs.length;

class AttackRun {
  readonly home = mkdtempSync(join(tmpdir(), "nexus-attack-"));
  readonly worker: TelemetryService;
  readonly #session = v4();
  readonly #output: string[] = [];
  #seq = 0;
  stored = 0;

  constructor() {
    this.worker = attackTarget(pathsFrom({}, this.home), null, this.#output);
  }

  feed(parts: readonly object[]): void {
    const events = parts.map((part) => {
      this.#seq += 1;
      const source = sources[this.#seq % sources.length];
      const envelope = {
        id: v7(),
        ts: Date.now(),
        utc_offset_min: 0,
        session_id: this.#session,
        source,
        seq: this.#seq,
      };
      return markRaw({ ...innocent, ...envelope, ...part });
    });
    for (let at = 0; at < events.length; at += maxEventsPerRequest) {
      const outcome = this.worker.record({ events: events.slice(at, at + maxEventsPerRequest) });
      this.#output.push(JSON.stringify(outcome));
      if (outcome.outcome === "stored") this.stored += outcome.stored;
    }
  }

  /** Returns all output of the worker, and exports into the home folder. */
  async finish(): Promise<string> {
    const file = join(this.home, "export.json");
    const exported = await this.worker.reader.export(file, { format: "json", what: exportKinds });
    this.#output.push(
      JSON.stringify([
        exported,
        this.worker.reader.status(),
        this.worker.reader.stats({ period: "month" }),
        this.worker.reader.metrics({ period: "month" }),
        this.worker.reader.insights({ period: "month" }),
        this.worker.reader.preview(),
      ]),
    );
    return this.#output.join("\n");
  }

  end(): void {
    this.worker.close();
    rmSync(this.home, { recursive: true });
  }
}

export interface Attacked {
  readonly cases: number;
  /** Number of stored events: shows that the searched database was not empty. */
  readonly stored: number;
  /** Group and index of each leaked case; never its text. */
  readonly leaks: readonly { readonly group: string; readonly index: number }[];
}

/** Returns the needles that also occur in the output of a run without an attack. */
async function foundWithoutAttack(needles: readonly string[]): Promise<ReadonlySet<string>> {
  const run = new AttackRun();
  try {
    run.feed(types.map((event_type) => ({ event_type })));
    return foundIn(run.home, await run.finish(), needles);
  } finally {
    run.end();
  }
}

export async function attack(cases: readonly Case[]): Promise<Attacked> {
  const leaks: { group: string; index: number }[] = [];
  let stored = 0;
  for (let from = 0; from < cases.length; from += casesPerRun) {
    const chunk = cases.slice(from, from + casesPerRun);
    const needles = needlesOf(chunk.flatMap(({ needles: planted }) => planted));
    const run = new AttackRun();
    try {
      run.feed(chunk.flatMap(({ text }, n) => inputs.map((inputOf) => inputOf(text, from + n))));
      const found = foundIn(run.home, await run.finish(), needles);
      const expected = found.size === 0 ? found : await foundWithoutAttack([...found]);
      for (const [n, { group, needles: planted }] of chunk.entries()) {
        if (planted.some((needle) => found.has(needle) && !expected.has(needle)))
          leaks.push({ group, index: from + n });
      }
      stored += run.stored;
    } finally {
      run.end();
    }
  }
  return { cases: cases.length, stored, leaks };
}

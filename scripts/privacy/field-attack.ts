/**
 * The attack itself: texts go into a real worker as every kind of raw field, of many types of events, and everything
 * that the worker leaves behind or says is searched for them: the database and its side files, the export, the status,
 * the stats, and the words of every error.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { v4, v7 } from "uuid";
import { pathsFrom } from "../../server/config/paths.ts";
import type { TelemetryService } from "../../server/worker/service.ts";
import { maxEventsPerRequest } from "../../shared/protocol/record.ts";
import { eventAliases, eventTypeNames } from "../../shared/schema/events.ts";
import { fieldNames } from "../../shared/schema/fields.ts";
import { markRaw } from "../../shared/schema/raw.ts";
import { sources } from "../../shared/schema/sources.ts";
import { attackedWorker } from "./attacked-worker.ts";
import type { Case } from "./corpus/generated.ts";
import { foundIn, needlesOf } from "./search.ts";

/** So many cases share one database: large enough to be quick, small enough to be searched for each of them. */
export const casesPerRun = 400;

const types = [...eventTypeNames, ...Object.keys(eventAliases)];

/** What makes an event of any type complete, before the attack is put over it. */
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

/** The ways a text gets in. `n` chooses the type of event and the field where there are many. */
const ways: readonly ((text: string, n: number) => object)[] = [
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

export const waysIn = ways.length;

class Run {
  readonly home = mkdtempSync(join(tmpdir(), "nexus-attack-"));
  readonly worker: TelemetryService;
  readonly #session = v4();
  readonly #said: string[] = [];
  #seq = 0;
  stored = 0;

  constructor() {
    this.worker = attackedWorker(pathsFrom({}, this.home), null, this.#said);
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
      this.#said.push(JSON.stringify(outcome));
      if (outcome.outcome === "stored") this.stored += outcome.stored;
    }
  }

  /** Everything it said, what it would send, and an export beside the database. */
  async finish(): Promise<string> {
    const file = join(this.home, "export.json");
    const exported = await this.worker.export(file);
    this.#said.push(
      JSON.stringify([
        exported,
        this.worker.status(),
        this.worker.stats({ period: "month" }),
        this.worker.metrics({ period: "month" }),
        this.worker.insights({ period: "month" }),
        this.worker.preview(),
      ]),
    );
    return this.#said.join("\n");
  }

  end(): void {
    this.worker.close();
    rmSync(this.home, { recursive: true });
  }
}

export interface Attacked {
  readonly cases: number;
  /** How many events were stored, so that nobody takes an empty database for a clean one. */
  readonly stored: number;
  /** The groups of the cases that were found again, and where they began in the corpus; never the text. */
  readonly leaks: readonly { readonly group: string; readonly index: number }[];
}

/** What stands in a database, an export and a status that no attack has touched. */
async function ownWords(needles: readonly string[]): Promise<ReadonlySet<string>> {
  const run = new Run();
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
    const some = cases.slice(from, from + casesPerRun);
    const needles = needlesOf(some.flatMap(({ needles: own }) => own));
    const run = new Run();
    try {
      run.feed(some.flatMap(({ text }, n) => ways.map((way) => way(text, from + n))));
      const found = foundIn(run.home, await run.finish(), needles);
      const own = found.size === 0 ? found : await ownWords([...found]);
      for (const [n, { group, needles: planted }] of some.entries()) {
        if (planted.some((needle) => found.has(needle) && !own.has(needle))) leaks.push({ group, index: from + n });
      }
      stored += run.stored;
    } finally {
      run.end();
    }
  }
  return { cases: cases.length, stored, leaks };
}

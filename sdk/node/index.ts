/**
 * Node SDK: appends events to an event log that Nexus Telemetry imports (`docs/guide/event-log.md`).
 *
 * Writes nothing without the user's consent, and only events that passed the firewall. Buffers up to 100 events or 60 s (or
 * `batch_size` and `flush_interval_secs` of the user's `config.toml`); writes errors immediately, and the rest when the process
 * exits. Opens no connection, starts no process, and recording never throws.
 */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { v7 } from "uuid";
import { systemClock } from "../../server/clock.ts";
import { homeFolder } from "../../server/config/home.ts";
import { type Paths, pathsFrom } from "../../server/config/paths.ts";
import { PermissionEvaluator } from "../../server/config/permission.ts";
import { appendLines } from "../../server/files/append-lines.ts";
import { Firewall } from "../../server/privacy/firewall.ts";
import { isOptOut } from "../../shared/consent/consent.ts";
import { jsonFields } from "../../shared/schema/json-fields.ts";
import { type ProgramEvent, programEvents } from "../../shared/schema/program-events.ts";
import { createRawEvent, type RawEventFields } from "../../shared/schema/raw-event.ts";
import { timeCommand } from "../../shared/schema/time-command.ts";

export type { ProgramEvent };
/** The fields of each event type, as in the data dictionary. */
export type EventFields = RawEventFields;

export interface EventLogOptions {
  /** Environment variables for paths and opt-outs. Default: `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Home folder of the user. Default: that of the process. */
  readonly home?: string;
}

/** Why the firewall refuses an event. */
const refusals: Readonly<Record<string, string>> = {
  category_off: "The user has not selected the category of this event.",
  bad_field: "A required field is missing or has a value outside the vocabulary.",
  sensitive: "The fields contain something sensitive, and the user blocks such events.",
};

const types: ReadonlySet<string> = new Set(programEvents);
/** Events that wait while the file cannot be written. */
const maxWaiting = 1_000;

/** Without an editor there are no editor refusals. */
const noEditor = { telemetry: true, enabled: true, proxy: null };

export class EventLog {
  readonly #paths: Paths;
  readonly #permissions: PermissionEvaluator;
  readonly #isDisabled: boolean;
  // Without a hasher: the SDK drops custom names instead of hashing them.
  readonly #firewall = new Firewall(null);
  #session = { id: randomUUID() as string, day: "" };
  #waiting: object[] = [];
  #timer: NodeJS.Timeout | undefined;
  #lastRefusal: string | null = null;

  constructor({ env = process.env, home = homeFolder() }: EventLogOptions = {}) {
    this.#paths = pathsFrom(env, home);
    this.#permissions = new PermissionEvaluator(this.#paths, systemClock, { ...env }, noEditor);
    this.#isDisabled = isOptOut(env["NEXUS_EVENT_LOG"]);
    process.once("exit", () => this.flush());
  }

  /** Path of the event log of Node programs. */
  get file(): string {
    return join(this.#paths.eventLogFolder, "node-sdk.jsonl");
  }

  /** `off`: nothing is written. */
  get mode(): "off" | "local" | "share" {
    return this.#policy()?.permission.mode ?? "off";
  }

  /** Why the last `record` returned `false`: a sentence without any value. `null` if it returned `true`. */
  get lastRefusal(): string | null {
    return this.#lastRefusal;
  }

  /**
   * Buffers an event. Values outside the vocabulary are dropped or replaced. Never throws.
   * @returns whether the event was accepted; if not, `lastRefusal` says why.
   */
  record<T extends ProgramEvent>(type: T, fields: EventFields[T]): boolean {
    try {
      this.#lastRefusal = types.has(type)
        ? this.#record(type, fields)
        : "This is not an event that a program may record.";
    } catch {
      // A getter among the fields may throw.
      this.#lastRefusal = "The fields cannot be read.";
    }
    return this.#lastRefusal === null;
  }

  /** Appends the buffered events in one write. Never throws. @returns whether the buffer is empty. */
  flush(): boolean {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting.length === 0) return true;
    // The user may have withdrawn consent since the events were recorded.
    if ((this.#policy()?.permission.mode ?? "off") === "off") this.#waiting = [];
    else if (appendLines(this.file, this.#waiting)) this.#waiting = [];
    else this.#waiting = this.#waiting.slice(-maxWaiting);
    return this.#waiting.length === 0;
  }

  /** Returns why the event is refused; `null` if it is accepted. */
  #record<T extends ProgramEvent>(type: T, fields: EventFields[T]): string | null {
    const copy = jsonFields(fields);
    const policy = this.#policy();
    if (policy === undefined || policy.permission.mode === "off")
      return "Recording is off. The reason: nexus telemetry status";
    if (copy === undefined) return "The fields are not an object, or longer than 8 KB.";
    const ts = Date.now();
    const envelope = {
      id: v7({ msecs: ts }),
      event_type: type,
      ts,
      utc_offset_min: -new Date(ts).getTimezoneOffset(),
      // 0: the store assigns sequence numbers to events of event logs.
      session_id: this.#sessionAt(ts),
      source: "node_sdk" as const,
      seq: 0,
    };
    const clean = this.#firewall.admitOrRefuse(
      // `createRawEvent` modifies its first argument.
      createRawEvent({ ...envelope }, copy as EventFields[T]),
      { collect: policy.permission.collect, blockSensitive: policy.blockSensitive },
      ts,
    );
    if (typeof clean === "string") return refusals[clean] ?? "The event is not valid.";
    const { seq: _, ...line } = envelope;
    this.#waiting.push({ ...line, event_type: clean.type, ...clean.payload });
    const { events, seconds } = policy.sdkBuffer;
    if (type === "error_occurred" || this.#waiting.length >= events) {
      if (!this.flush()) return `${this.file} cannot be written; the event waits.`;
    } else {
      this.#timer ??= setTimeout(() => this.flush(), 1_000 * seconds);
      // The process may end before that.
      this.#timer.unref();
    }
    return null;
  }

  /**
   * Runs `work` and records it as a command with start, outcome and duration.
   * @returns what `work` returns. @throws what `work` throws, after recording the failure.
   */
  time<R>(command: string, work: () => R | PromiseLike<R>): Promise<R> {
    return timeCommand((type, fields) => this.record(type, fields), command, work);
  }

  /** Returns `undefined` if the policy is unknown; nothing is written then. */
  #policy() {
    try {
      return this.#isDisabled ? undefined : this.#permissions.evaluate();
    } catch {
      return undefined;
    }
  }

  /** Returns a random ID for this process and day. */
  #sessionAt(ts: number): string {
    const day = new Date(ts).toDateString();
    if (this.#session.day !== day) this.#session = { id: randomUUID(), day };
    return this.#session.id;
  }
}

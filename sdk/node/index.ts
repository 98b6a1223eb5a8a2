/**
 * Node SDK: appends events to an event log that Nexus Telemetry imports (`docs/guide/event-log.md`).
 *
 * Writes nothing without the user's consent, and only events that passed the firewall. Opens no
 * connection, starts no process, and recording never throws.
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

const types: ReadonlySet<string> = new Set(programEvents);

/** Without an editor there are no editor refusals. */
const noEditor = { telemetry: true, enabled: true, proxy: null };

export class EventLog {
  readonly #paths: Paths;
  readonly #permissions: PermissionEvaluator;
  readonly #isDisabled: boolean;
  // Without a hasher: the SDK drops custom names instead of hashing them.
  readonly #firewall = new Firewall(null);
  #session = { id: randomUUID() as string, day: "" };

  constructor({ env = process.env, home = homeFolder() }: EventLogOptions = {}) {
    this.#paths = pathsFrom(env, home);
    this.#permissions = new PermissionEvaluator(this.#paths, systemClock, { ...env }, noEditor);
    this.#isDisabled = isOptOut(env["NEXUS_EVENT_LOG"]);
  }

  /** Path of the event log of Node programs. */
  get file(): string {
    return join(this.#paths.eventLogFolder, "node-sdk.jsonl");
  }

  /** `off`: nothing is written. */
  get mode(): "off" | "local" | "share" {
    return this.#policy()?.permission.mode ?? "off";
  }

  /**
   * Appends an event in a single write. Values outside the vocabulary are dropped or replaced.
   * Never throws. @returns whether the event was written.
   */
  record<T extends ProgramEvent>(type: T, fields: EventFields[T]): boolean {
    try {
      return types.has(type) && this.#record(type, fields);
    } catch {
      // A getter among the fields may throw.
      return false;
    }
  }

  #record<T extends ProgramEvent>(type: T, fields: EventFields[T]): boolean {
    const copy = jsonFields(fields);
    const policy = this.#policy();
    if (policy === undefined || policy.permission.mode === "off" || copy === undefined) return false;
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
    const clean = this.#firewall.admit(
      // `createRawEvent` modifies its first argument.
      createRawEvent({ ...envelope }, copy as EventFields[T]),
      { collect: policy.permission.collect, blockSensitive: policy.blockSensitive },
      ts,
    );
    if (clean === undefined) return false;
    const { seq: _, ...line } = envelope;
    return appendLines(this.file, [{ ...line, event_type: clean.type, ...clean.payload }]);
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

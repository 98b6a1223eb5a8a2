/**
 * For Node programs: records what a program does, by appending to an event log that Nexus Telemetry reads (`docs/guide/event-log.md`). Nothing is
 * written without the user's consent, and nothing but words of public lists, numbers and outcomes: each event passes the firewall before it is
 * written. It opens no connection, starts no process and never throws.
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
/** The fields of each type: those of the data dictionary. */
export type EventFields = RawEventFields;

export interface EventLogOptions {
  /** The environment that says where things lie and what is forbidden; that of the process by default. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The user's home folder. */
  readonly home?: string;
}

const types: ReadonlySet<string> = new Set(programEvents);

/** There is no editor whose switches could say no. */
const noEditor = { telemetry: true, enabled: true, proxy: null };

export class EventLog {
  readonly #paths: Paths;
  readonly #permissions: PermissionEvaluator;
  readonly #forbidden: boolean;
  // Without a hasher: names of the user's own are not even hashed here.
  readonly #firewall = new Firewall(null);
  #session = { id: randomUUID() as string, day: "" };

  constructor({ env = process.env, home = homeFolder() }: EventLogOptions = {}) {
    this.#paths = pathsFrom(env, home);
    this.#permissions = new PermissionEvaluator(this.#paths, systemClock, { ...env }, noEditor);
    this.#forbidden = isOptOut(env["NEXUS_EVENT_LOG"]);
  }

  /** Where events of Node programs are appended. */
  get file(): string {
    return join(this.#paths.eventLogFolder, "node-sdk.jsonl");
  }

  /** `off`: nothing is written. */
  get mode(): "off" | "local" | "share" {
    return this.#policy()?.permission.mode ?? "off";
  }

  /** Appends an event, in one write. @returns whether it was taken; what is on no list is dropped. Never throws. */
  record<T extends ProgramEvent>(type: T, fields: EventFields[T]): boolean {
    try {
      return types.has(type) && this.#record(type, fields);
    } catch {
      // Whatever its fields do when they are read.
      return false;
    }
  }

  #record<T extends ProgramEvent>(type: T, fields: EventFields[T]): boolean {
    const plain = jsonFields(fields);
    const policy = this.#policy();
    if (policy === undefined || policy.permission.mode === "off" || plain === undefined) return false;
    const ts = Date.now();
    const envelope = {
      id: v7({ msecs: ts }),
      event_type: type,
      ts,
      utc_offset_min: -new Date(ts).getTimezoneOffset(),
      // Numbered by the store: an event log has no numbers of its own.
      session_id: this.#sessionAt(ts),
      source: "node_sdk" as const,
      seq: 0,
    };
    const clean = this.#firewall.admit(
      // A copy: the fields are written into it.
      createRawEvent({ ...envelope }, plain as EventFields[T]),
      { collect: policy.permission.collect, blockSensitive: policy.blockSensitive },
      ts,
    );
    if (clean === undefined) return false;
    const { seq: _, ...line } = envelope;
    return appendLines(this.file, [{ ...line, event_type: clean.type, ...clean.payload }]);
  }

  /**
   * Runs `work` as a command: how it began, how it ended and how long it took.
   * @returns what `work` returns. @throws what `work` throws, after that was recorded as a failure.
   */
  time<R>(command: string, work: () => R | PromiseLike<R>): Promise<R> {
    return timeCommand((type, fields) => this.record(type, fields), command, work);
  }

  /** `undefined` where it cannot be known: then nothing is written. */
  #policy() {
    try {
      return this.#forbidden ? undefined : this.#permissions.evaluate();
    } catch {
      return undefined;
    }
  }

  /** Random, of this process and this day. */
  #sessionAt(ts: number): string {
    const day = new Date(ts).toDateString();
    if (this.#session.day !== day) this.#session = { id: randomUUID(), day };
    return this.#session.id;
  }
}

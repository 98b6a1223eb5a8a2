/**
 * What `activate()` returns: how other extensions record what they do. Their events go through the same queue, firewall and consent as
 * ours, under a salted hash of their name. `docs/guide/extension-api.md` describes it; what is here is kept until `version` changes.
 */
import type { Event } from "vscode";
import type { Mode } from "../../shared/consent/consent.ts";
import type { ProgramEvent } from "../../shared/schema/program-events.ts";
import type { RawEventFields } from "../../shared/schema/raw-event.ts";

/** The exports of `nexus.nexus-telemetry`. */
export interface NexusTelemetry {
  readonly version: 1;
  /** `id`: the caller's own, as `publisher.name`. It is stored as a salted hash alone. */
  forExtension(id: string): Recording;
}

export interface Recording {
  /** `off`: nothing is recorded, and nothing that is given is kept. */
  readonly mode: Mode;
  readonly onDidChangeMode: Event<Mode>;
  /**
   * Records an event. Fields are those of the data dictionary; what is not on its lists is dropped.
   * @returns whether it was taken; never throws.
   */
  record<T extends ProgramEvent>(type: T, fields: RawEventFields[T]): boolean;
  /**
   * Runs `work` as a command: how it began, how it ended and how long it took.
   * @returns what `work` returns. @throws what `work` throws, after that was recorded as a failure.
   */
  time<R>(command: string, work: () => R | PromiseLike<R>): Promise<R>;
}

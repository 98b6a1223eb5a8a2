/**
 * The API that `activate()` returns, with which other extensions record events. Queue, firewall and
 * consent apply to them as to our own; their ID is stored as a salted hash. Stable until `version`
 * changes. Guide: `docs/guide/extension-api.md`.
 */
import type { Event } from "vscode";
import type { Mode } from "../../shared/consent/consent.ts";
import type { ProgramEvent } from "../../shared/schema/program-events.ts";
import type { RawEventFields } from "../../shared/schema/raw-event.ts";

/** The exports of `nexus.nexus-telemetry`. */
export interface NexusTelemetry {
  readonly version: 1;
  /** `id`: the calling extension's ID (`publisher.name`). Only its salted hash is stored. */
  forExtension(id: string): Recording;
}

export interface Recording {
  /** `off`: events are discarded. */
  readonly mode: Mode;
  readonly onDidChangeMode: Event<Mode>;
  /**
   * Records an event with fields of the data dictionary; others are dropped. Never throws.
   * @returns whether the event was accepted.
   */
  record<T extends ProgramEvent>(type: T, fields: RawEventFields[T]): boolean;
  /**
   * Runs `work` and records it as a command with start, duration and outcome.
   * @returns the result of `work`. @throws the error of `work`, recorded as a failure.
   */
  time<R>(command: string, work: () => R | PromiseLike<R>): Promise<R>;
}

/** Captures events that other extensions record through the API. Never trusts their fields. */
import type { Disposable } from "vscode";
import { jsonFields } from "../../shared/schema/json-fields.ts";
import { type ProgramEvent, programEvents } from "../../shared/schema/program-events.ts";
import type { RawEventFields } from "../../shared/schema/raw-event.ts";
import type { Recorder } from "../recording/recorder.ts";
import type { CaptureSource } from "./source.ts";

const types: ReadonlySet<string> = new Set(programEvents);

export class ExternalSource implements CaptureSource {
  readonly name = "extensions";
  readonly #recorder: Recorder;
  #listening = false;

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
  }

  start(): Disposable {
    this.#listening = true;
    return {
      dispose: () => {
        this.#listening = false;
      },
    };
  }

  /** Records an event; returns whether it was accepted. The firewall hashes `caller`. */
  record<T extends ProgramEvent>(caller: string, type: T, fields: RawEventFields[T]): boolean {
    if (!this.#listening || !types.has(type)) return false;
    try {
      const safe = jsonFields(fields);
      if (safe === undefined) return false;
      this.#recorder.record(type, "vscode_api", { ...(safe as RawEventFields[T]), caller });
      return true;
    } catch {
      // Getters of the caller's object can throw.
      return false;
    }
  }
}

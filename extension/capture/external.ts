/** Other extensions as a source: what they record through what `activate()` returns. */
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

  /** Whether it was taken. The caller is hashed by the firewall, as everything of it is looked at there alone. */
  record<T extends ProgramEvent>(caller: string, type: T, fields: RawEventFields[T]): boolean {
    if (!this.#listening || !types.has(type)) return false;
    try {
      const plain = jsonFields(fields);
      if (plain === undefined) return false;
      this.#recorder.record(type, "vscode_api", { ...(plain as RawEventFields[T]), caller });
      return true;
    } catch {
      // Whatever its fields do when they are read.
      return false;
    }
  }
}

/** The API object of one extension. While recording is off it discards events and loads nothing. */
import type { Disposable, Event } from "vscode";
import type { Mode } from "../../shared/consent/consent.ts";
import type { ProgramEvent } from "../../shared/schema/program-events.ts";
import type { RawEventFields } from "../../shared/schema/raw-event.ts";
import { timeCommand } from "../../shared/schema/time-command.ts";
import type { ExternalSource } from "../capture/external.ts";
import type { PermissionSource } from "../permission.ts";
import type { Recording } from "./public-api.ts";

export class ExtensionRecorder implements Recording {
  readonly #id: string;
  readonly #permissions: PermissionSource;
  readonly #source: () => ExternalSource | undefined;

  constructor(id: string, permissions: PermissionSource, source: () => ExternalSource | undefined) {
    this.#id = String(id);
    this.#permissions = permissions;
    this.#source = source;
  }

  get mode(): Mode {
    return this.#permissions.current.mode;
  }

  readonly onDidChangeMode: Event<Mode> = (listener, thisArgs, disposables): Disposable => {
    let current = this.mode;
    return this.#permissions.onDidChange(
      ({ mode }) => {
        if (mode === current) return;
        current = mode;
        listener.call(thisArgs, mode);
      },
      undefined,
      disposables,
    );
  };

  record<T extends ProgramEvent>(type: T, fields: RawEventFields[T]): boolean {
    return this.#source()?.record(this.#id, type, fields) ?? false;
  }

  time<R>(command: string, work: () => R | PromiseLike<R>): Promise<R> {
    return timeCommand((type, fields) => this.record(type, fields), command, work);
  }
}

/** Starts and stops the sources: all of them with the mode, each with its setting. */
import { type Disposable, workspace } from "vscode";
import type { CaptureSource } from "./source.ts";

export class SourceSet {
  readonly #sources: readonly CaptureSource[];
  readonly #running = new Map<CaptureSource, Disposable>();
  #enabled = false;

  constructor(sources: readonly CaptureSource[]) {
    this.#sources = sources;
  }

  /** Whether anything may be captured at all. */
  setEnabled(requested: boolean): void {
    this.#enabled = requested;
    this.followSettings();
  }

  followSettings(): void {
    const settings = workspace.getConfiguration("nexus.telemetry.capture");
    for (const source of this.#sources) {
      const running = this.#running.get(source);
      const requested = this.#enabled && settings.get<unknown>(source.name, true) === true;
      if (requested && running === undefined) this.#running.set(source, source.start());
      if (!requested && running !== undefined) {
        running.dispose();
        this.#running.delete(source);
      }
    }
  }
}

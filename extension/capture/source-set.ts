/** Starts and stops the capture sources by mode and by the setting of each source. */
import { type Disposable, workspace } from "vscode";
import type { CaptureSource } from "./source.ts";

export class SourceSet {
  readonly #sources: readonly CaptureSource[];
  readonly #running = new Map<CaptureSource, Disposable>();
  #enabled = false;

  constructor(sources: readonly CaptureSource[]) {
    this.#sources = sources;
  }

  /** Sources with an enabled setting run while this is true. */
  setEnabled(enabled: boolean): void {
    this.#enabled = enabled;
    this.followSettings();
  }

  followSettings(): void {
    const settings = workspace.getConfiguration("nexus.telemetry.capture");
    for (const source of this.#sources) {
      const running = this.#running.get(source);
      const shouldRun = this.#enabled && settings.get<unknown>(source.name, true) === true;
      if (shouldRun && running === undefined) this.#running.set(source, source.start());
      if (!shouldRun && running !== undefined) {
        running.dispose();
        this.#running.delete(source);
      }
    }
  }
}

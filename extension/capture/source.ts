/** One source of events in the editor. It listens while it is started, and holds nothing once it is stopped. */
import type { Disposable } from "vscode";

export interface CaptureSource {
  /** The setting that switches it off: `nexus.telemetry.capture.<name>`. */
  readonly name: string;
  /** Begins to listen; disposing ends it at once. */
  start(): Disposable;
}

/** A source of events in VS Code. A stopped source listens to nothing and stores nothing. */
import type { Disposable } from "vscode";

export interface CaptureSource {
  /** Name of its setting: `nexus.telemetry.capture.<name>`. */
  readonly name: string;
  /** Starts to listen until the result is disposed. */
  start(): Disposable;
}

/** Our output channel: one clear line per change of state, made when the first line is written. */
import { type LogOutputChannel, window } from "vscode";

export class Log {
  #channel: LogOutputChannel | undefined;

  info(line: string): void {
    this.#open().info(line);
  }

  warn(line: string): void {
    this.#open().warn(line);
  }

  show(): void {
    this.#open().show();
  }

  dispose(): void {
    this.#channel?.dispose();
  }

  #open(): LogOutputChannel {
    this.#channel ??= window.createOutputChannel("Nexus Telemetry", { log: true });
    return this.#channel;
  }
}

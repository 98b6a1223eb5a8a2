/** The output channel, created with its first line. Never contains event data. */
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

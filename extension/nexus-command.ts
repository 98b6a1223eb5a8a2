/** Runs the `nexus` command of this extension, in a process that can be ended without harm. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { CancellationToken } from "vscode";

/** What a command prints with `--json`. */
export type CommandOutput = Readonly<Record<string, unknown>>;

export class NexusCommand {
  readonly #script: string;

  constructor(extensionPath: string) {
    this.#script = join(extensionPath, "dist", "cli", "nexus.cjs");
  }

  /** Returns what the command prints; `undefined` if it was cancelled. @throws Error with its sentence. */
  async run(
    args: readonly string[],
    token?: Pick<CancellationToken, "isCancellationRequested" | "onCancellationRequested">,
  ): Promise<CommandOutput | undefined> {
    const child = spawn(process.execPath, [this.#script, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ELECTRON_RUN_AS_NODE: "1" },
    });
    const cancelled = token?.onCancellationRequested(() => child.kill("SIGINT"));
    try {
      const ended = new Promise<number | null>((resolve, reject) => {
        child.once("error", reject);
        child.once("close", resolve);
      });
      const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
      if (token?.isCancellationRequested === true) return undefined;
      if (code !== 0) throw new Error(errors.replace(/^nexus: /gm, "").trim() || "The command ended unexpectedly.");
      return JSON.parse(output);
    } finally {
      cancelled?.dispose();
    }
  }
}

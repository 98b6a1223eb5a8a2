/** A terminal of its own, by tmux: keys go in, what is on the screen comes out. */
import { execFileSync, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { onTestFinished } from "vitest";

export const hasTmux = (): boolean => spawnSync("tmux", ["-V"]).status === 0;

/** How often the screen is looked at, and how long at most. Milliseconds. A screen tells nobody that it changed. */
const everyMs = 100;
const maxMs = 30_000;

export class Terminal {
  readonly #socket = `nexus-test-${randomUUID().slice(0, 8)}`;

  /** Runs a command line in a terminal of so many columns and lines, and then says its exit code. */
  constructor(command: string, env: Readonly<Record<string, string>>, columns = 100, lines = 60) {
    const variables = Object.entries(env).map(([name, value]) => `${name}='${value}'`);
    const shell = `env -i PATH='${process.env["PATH"]}' TERM=xterm-256color LANG=C.UTF-8 ${variables.join(" ")} sh -c 'trap : INT; ${command}; echo "ended with $?"; cat'`;
    this.#tmux("-f", "/dev/null", "new-session", "-d", "-x", String(columns), "-y", String(lines), shell);
    onTestFinished(() => {
      spawnSync("tmux", ["-L", this.#socket, "kill-server"]);
    });
  }

  /** Keys as tmux names them: `Enter`, `C-c`, `Right`, or text. */
  press(...keys: readonly string[]): void {
    this.#tmux("send-keys", ...keys);
  }

  resize(columns: number, lines: number): void {
    this.#tmux("resize-window", "-x", String(columns), "-y", String(lines));
  }

  screen(): string {
    return this.#tmux("capture-pane", "-p");
  }

  /** Resolves with the screen once it shows a text. @throws with the screen, where it never does. */
  async shows(text: string): Promise<string> {
    for (let waited = 0; waited < maxMs; waited += everyMs) {
      const screen = this.screen();
      if (screen.includes(text)) return screen;
      await pause(everyMs);
    }
    throw new Error(`The screen never showed ${text}:\n${this.screen()}`);
  }

  #tmux(...args: readonly string[]): string {
    return execFileSync("tmux", ["-L", this.#socket, ...args], { encoding: "utf8" });
  }
}

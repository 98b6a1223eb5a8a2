/** A virtual terminal for tests, by tmux: sends keys and reads the screen. */
import { execFileSync, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { onTestFinished } from "vitest";

export const hasTmux = (): boolean => spawnSync("tmux", ["-V"]).status === 0;

/** Polling interval and timeout: tmux does not report screen changes. Milliseconds. */
const pollMs = 100;
const timeoutMs = 30_000;

export class Terminal {
  readonly #socket = `nexus-test-${randomUUID().slice(0, 8)}`;

  /** Runs a command line in a terminal of this size, then prints `ended with` and its exit code. */
  constructor(command: string, env: Readonly<Record<string, string>>, columns = 100, lines = 60) {
    const variables = Object.entries(env).map(([name, value]) => `${name}='${value}'`);
    const shell = `env -i PATH='${process.env["PATH"]}' TERM=xterm-256color LANG=C.UTF-8 ${variables.join(" ")} sh -c 'trap : INT; ${command}; echo "ended with $?"; cat'`;
    this.#tmux("-f", "/dev/null", "new-session", "-d", "-x", String(columns), "-y", String(lines), shell);
    onTestFinished(() => {
      spawnSync("tmux", ["-L", this.#socket, "kill-server"]);
    });
  }

  /** Sends text, or keys by their tmux names: `Enter`, `C-c`, `Right`. */
  press(...keys: readonly string[]): void {
    this.#tmux("send-keys", ...keys);
  }

  resize(columns: number, lines: number): void {
    this.#tmux("resize-window", "-x", String(columns), "-y", String(lines));
  }

  screen(): string {
    return this.#tmux("capture-pane", "-p");
  }

  /** Resolves with the screen once it contains a text. @throws after the timeout */
  shows(text: string): Promise<string> {
    return this.showsOnce((screen) => screen.includes(text), text);
  }

  /** Resolves with the first screen that meets a condition. @throws after the timeout */
  async showsOnce(isMet: (screen: string) => boolean, expected: string): Promise<string> {
    for (let waited = 0; waited < timeoutMs; waited += pollMs) {
      const screen = this.screen();
      if (isMet(screen)) return screen;
      await pause(pollMs);
    }
    throw new Error(`The screen did not show ${expected}:\n${this.screen()}`);
  }

  #tmux(...args: readonly string[]): string {
    return execFileSync("tmux", ["-L", this.#socket, ...args], { encoding: "utf8" });
  }
}

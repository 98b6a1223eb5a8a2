/** The completion scripts, run in the installed shells; PowerShell's is checked as text. */
import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { shells } from "../../cli/output/shells.ts";
import { nexus } from "../fixtures/run-cli.ts";
import { tempFolder } from "../fixtures/temp-folder.ts";
import { hasTmux, Terminal } from "./tmux.ts";

const scripts = new Map<string, string>();
const has = (shell: string): boolean => spawnSync(shell, ["--version"]).status === 0;

beforeAll(async () => {
  for (const shell of shells) scripts.set(shell, (await nexus("/nowhere", {}, "completion", shell)).out);
});

function fileOf(shell: string): string {
  const file = join(tempFolder(), `nexus.${shell}`);
  writeFileSync(file, scripts.get(shell) ?? "");
  return file;
}

/** Returns the candidates of a shell for a command line; the last word is the one to complete. */
const completers: Readonly<Record<string, (words: readonly string[]) => string>> = {
  bash: (words) => {
    const list = words.map((word) => `'${word}'`).join(" ");
    const script = `source '${fileOf("bash")}'; COMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; _nexus; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync("bash", ["--norc", "-c", script], { encoding: "utf8" });
  },
  // zsh completes only at its prompt, so stubs print the candidates.
  zsh: (words) => {
    const list = words.map((word) => `'${word}'`).join(" ");
    const script = `compdef() { }; _describe() { print -l -- \${(P)2%%:*} }; _files() { print files }; _normal() { print normal }
      source '${fileOf("zsh")}'; words=(${list}); CURRENT=${words.length}; _nexus`;
    const all = execFileSync("zsh", ["-f", "-c", script], { encoding: "utf8" }).split("\n");
    return all.filter((name) => name.startsWith(words.at(-1) ?? "")).join("\n");
  },
  fish: (words) =>
    execFileSync("fish", ["--no-config", "-c", `source '${fileOf("fish")}'; complete -C '${words.join(" ")}'`], {
      encoding: "utf8",
    })
      .split("\n")
      .map((line) => line.split("\t")[0])
      .join("\n"),
};

describe.each(Object.keys(completers))("completion in %s", (shell) => {
  const offers = (...words: readonly string[]) =>
    (completers[shell]?.(words) ?? "").split("\n").filter((word) => word !== "");

  it.skipIf(!has(shell)).each([
    [["nexus", "tele"], "telemetry"],
    [["nexus", "telemetry", "st"], "status"],
    [["nexus", "telemetry", "pu"], "purge"],
    [["nexus", "telemetry", "config", "s"], "set"],
    [["nexus", "completion", "z"], "zsh"],
    [["nexus", "stats", "--we"], "--week"],
    [["nexus", "--plain", "ledger", "ver"], "verify"],
  ])("offers for %j the candidate %s", (words, expected) => expect(offers(...words)).toContain(expected));

  it.skipIf(!has(shell))("offers nothing for an unknown command", () => {
    expect(offers("nexus", "nonsense", "s")).toEqual([]);
    expect(offers("nexus", "telemetry", "zz")).toEqual([]);
  });
});

it.skipIf(!has("zsh") || !hasTmux())("completes at the prompt of zsh", async () => {
  const terminal = new Terminal("zsh -f", { HOME: tempFolder(), PS1: "> " });
  await terminal.shows(">");
  terminal.press(`autoload -Uz compinit; compinit -u -D; source ${fileOf("zsh")}; print ready`, "Enter");
  await terminal.shows("\nready\n");
  terminal.press("nexus telem", "Tab", "met", "Tab");
  await terminal.shows("nexus telemetry metrics");
});

describe("completion in PowerShell", () => {
  it("contains every command and option, with balanced quotes and brackets", () => {
    const text = scripts.get("powershell") ?? "";
    expect(text).toContain("Register-ArgumentCompleter -Native -CommandName nexus");
    for (const part of ["'telemetry config' = @(@('get'", "@('--week', ", "'ledger' = @("])
      expect(text).toContain(part);
    const code = text.replaceAll(/'(?:[^']|'')*'|"[^"]*"|#.*/g, "");
    for (const [open, close] of ["()", "{}", "[]"].map((pair) => [...pair])) {
      expect(code.split(open ?? "").length).toBe(code.split(close ?? "").length);
    }
    expect(code).not.toContain("'");
  });
});

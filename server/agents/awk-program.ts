/** Chooses the awk that runs the hook: the fastest one that is installed and works. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

/** An empty program in gawk takes half as long again as `cat`; in mawk and BusyBox it does not. */
const candidates = [["mawk"], ["busybox", "awk"], ["awk"]] as const;

/** Only the system's own folders: a program in another one may be replaced by a project. */
const folders = ["/usr/bin", "/bin", "/usr/local/bin", "/opt/homebrew/bin"];

/** What the hook relies on: a quotation mark between records, and commands that are read. */
const selfTest = {
  program: 'BEGIN { RS = "\\"" } { n++ } END { "echo x" | getline word; printf "%d %s %s", n, word, tolower("AB") }',
  input: String.raw`{"a":"b\"c","d":12}`,
  // With this separator, the line that a command prints keeps its end.
  output: "8 x\n ab",
};
const selfTestMs = 2_000;

/** Returns the words that start awk, as a shell reads them; `awk` if none of the candidates works. */
export function awkProgram(): string {
  for (const [name, ...args] of candidates) {
    const path = folders.map((folder) => join(folder, name)).find(existsSync);
    if (path !== undefined && works(path, args)) return [path, ...args].join(" ");
  }
  return "awk";
}

function works(path: string, args: readonly string[]): boolean {
  const { stdout, status } = spawnSync(path, [...args, selfTest.program], {
    input: selfTest.input,
    env: { LC_ALL: "C", PATH: "/usr/bin:/bin" },
    timeout: selfTestMs,
    encoding: "utf8",
  });
  return status === 0 && stdout === selfTest.output;
}

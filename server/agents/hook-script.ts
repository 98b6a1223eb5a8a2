/** The hook's script in the data folder: `hook.awk` with the user's folders in its first line, and the public names beside it. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Paths } from "../config/paths.ts";
import { replaceFile } from "../files/atomic-write.ts";
import hookScript from "./hook.awk";
import { namesFile } from "./names-file.ts";

export class HookScript {
  readonly path: string;
  readonly #names: string;
  readonly #paths: Paths;

  constructor(paths: Paths) {
    this.#paths = paths;
    this.path = join(paths.agentFolder, "hook.awk");
    this.#names = join(paths.agentFolder, "names.txt");
  }

  /** The path as one word of a POSIX shell. */
  get word(): string {
    return `'${this.path.replaceAll("'", `'\\''`)}'`;
  }

  /** For the user who connects: whatever the environment of an agent says later, it uses their folders. @throws the file system's error. */
  write(): void {
    const { home, configFile, policyFile } = this.#paths;
    const folders = { home, config: dirname(configFile), policy: policyFile };
    const named = Object.entries(folders).map(([name, path]) => `${name} = ${inAwk(path)}`);
    this.#writeWith(`BEGIN { ${named.join("; ")}; uid = ${process.geteuid?.() ?? 0} }`);
  }

  /**
   * Writes the script of this version where there is one of another. The folders stay those of the user who connected it, since the
   * environment of an update may name others. One of a version that named none writes nothing from now on, unless `decidedHere`: the
   * user's decision is for this `NEXUS_HOME`, so the environment is theirs. @throws the file system's error.
   */
  update(decidedHere: boolean): void {
    if (!existsSync(this.path)) return;
    const [first = ""] = readFileSync(this.path, "utf8").split("\n");
    if (first.startsWith("BEGIN { home = ")) this.#writeWith(first);
    else if (decidedHere) this.write();
    else this.#writeWith("# Its folders are not known, so it writes nothing.");
  }

  remove(): void {
    rmSync(this.path, { force: true });
    rmSync(this.#names, { force: true });
  }

  #writeWith(first: string): void {
    replaceIfOther(this.#names, namesFile());
    replaceIfOther(this.path, `${first}\n${hookScript}`);
  }
}

function replaceIfOther(path: string, text: string): void {
  if (!existsSync(path) || readFileSync(path, "utf8") !== text) replaceFile(path, text);
}

/** As a text of awk. */
const inAwk = (text: string): string =>
  `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;

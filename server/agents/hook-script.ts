/**
 * The hook script in the data folder: `hook.awk` with the user's folders in its first line, and
 * `names.txt` next to it.
 */
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

  /** The path, quoted for a POSIX shell. */
  get word(): string {
    return `'${this.path.replaceAll("'", `'\\''`)}'`;
  }

  /**
   * Writes the script with the folders of the user who connects, so that the environment of an
   * agent cannot redirect it later. @throws the file system's error.
   */
  write(): void {
    const { home, configFile, policyFile } = this.#paths;
    const folders = { home, config: dirname(configFile), policy: policyFile };
    const assignments = Object.entries(folders).map(([name, path]) => `${name} = ${inAwk(path)}`);
    this.#writeWith(`BEGIN { ${assignments.join("; ")}; uid = ${process.geteuid?.() ?? 0} }`);
  }

  /**
   * Replaces the script of another version. The folders of the user who connected are kept, because
   * the environment of an update may name others. A script without folders is disabled, unless the
   * user's consent was given for this `NEXUS_HOME` (`decidedHere`). @throws the file system's
   * error.
   */
  update(decidedHere: boolean): void {
    if (!existsSync(this.path)) return;
    const [first = ""] = readFileSync(this.path, "utf8").split("\n");
    if (first.startsWith("BEGIN { home = ")) this.#writeWith(first);
    else if (decidedHere) this.write();
    else this.#writeWith("# Disabled: the folders of the user who connected are unknown.");
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

/** Returns an awk string literal. */
const inAwk = (text: string): string =>
  `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;

/** Puts the `nexus` command on the PATH of the editor's terminals, and takes it off again: only where the user asks for it. */
import { chmod } from "node:fs/promises";
import { delimiter, join } from "node:path";
import type { ExtensionContext, GlobalEnvironmentVariableCollection } from "vscode";

/** Tells `bin/nexus` which executable it runs on: the editor's own. */
const executable = "NEXUS_NODE";

export class CliOnPath {
  readonly #variables: GlobalEnvironmentVariableCollection;
  readonly #folder: string;

  constructor({ environmentVariableCollection, extensionPath }: ExtensionContext) {
    this.#variables = environmentVariableCollection;
    this.#folder = join(extensionPath, "bin");
  }

  get isAdded(): boolean {
    return this.#variables.get("PATH") !== undefined;
  }

  /** An update of the extension lies in another folder. */
  refresh(): void {
    if (this.isAdded) this.#set();
  }

  /** On where it is off, off where it is on. Answers with a sentence. */
  async toggle(): Promise<string> {
    if (this.isAdded) {
      this.#variables.clear();
      return "nexus is no longer on the PATH of new terminals.";
    }
    // Packing does not keep the right to run it everywhere.
    if (process.platform !== "win32") await chmod(join(this.#folder, "nexus"), 0o755);
    this.#set();
    return "New terminals have the command nexus; try nexus stats.";
  }

  #set(): void {
    this.#variables.description = "The command nexus, because you asked for it.";
    this.#variables.persistent = true;
    this.#variables.append("PATH", `${delimiter}${this.#folder}`);
    this.#variables.replace(executable, process.execPath);
  }
}

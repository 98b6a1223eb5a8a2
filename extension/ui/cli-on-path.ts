/** Adds `nexus` to the PATH of VS Code's terminals and removes it, only at the user's request. */
import { chmod } from "node:fs/promises";
import { delimiter, join } from "node:path";
import type { ExtensionContext, GlobalEnvironmentVariableCollection } from "vscode";

/** Variable from which `bin/nexus` takes its runtime: VS Code's own executable. */
const runtimeVariable = "NEXUS_NODE";

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

  /** Updates the path: each version of the extension is in another folder. */
  refresh(): void {
    if (this.isAdded) this.#set();
  }

  /** Adds or removes the command and returns a sentence about it. */
  async toggle(): Promise<string> {
    if (this.isAdded) {
      this.#variables.clear();
      return "The nexus command is no longer available in new terminals.";
    }
    // A VSIX does not always preserve the executable bit.
    if (process.platform !== "win32") await chmod(join(this.#folder, "nexus"), 0o755);
    this.#set();
    return "The nexus command is available in new terminals. Try: nexus stats";
  }

  #set(): void {
    this.#variables.description = "Adds the nexus CLI (enabled by you).";
    this.#variables.persistent = true;
    this.#variables.append("PATH", `${delimiter}${this.#folder}`);
    this.#variables.replace(runtimeVariable, process.execPath);
  }
}

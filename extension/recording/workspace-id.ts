/** Which workspace the window has open. The worker hashes it; nothing else ever sees it. */
import { type Disposable, workspace } from "vscode";

export class Place implements Disposable {
  readonly #subscription: Disposable;
  workspace: string | undefined;

  constructor() {
    this.#look();
    this.#subscription = workspace.onDidChangeWorkspaceFolders(() => this.#look());
  }

  dispose(): void {
    this.#subscription.dispose();
  }

  #look(): void {
    this.workspace = (workspace.workspaceFile ?? workspace.workspaceFolders?.[0]?.uri)?.toString();
  }
}

/** Which workspace the window has open. The worker hashes it; nothing else ever sees it. */
import { type Disposable, workspace } from "vscode";

export class WorkspaceTracker implements Disposable {
  readonly #subscription: Disposable;
  workspace: string | undefined;

  constructor() {
    this.#update();
    this.#subscription = workspace.onDidChangeWorkspaceFolders(() => this.#update());
  }

  dispose(): void {
    this.#subscription.dispose();
  }

  #update(): void {
    this.workspace = (workspace.workspaceFile ?? workspace.workspaceFolders?.[0]?.uri)?.toString();
  }
}

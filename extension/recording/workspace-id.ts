/** Tracks the URI of the open workspace. It is sent only to the worker, which hashes it. */
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

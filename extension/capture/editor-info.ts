/** The editor, the extension's version and its installation method, as vocabulary values. */
import { type ExtensionContext, env } from "vscode";

export interface EditorInfo {
  readonly version: string;
  readonly editor: string;
  readonly installMethod: string;
}

const bySource: Readonly<Record<string, string>> = { vsix: "vsix", gallery: "open_vsx" };

/** Returns VS Code's values. The firewall replaces those outside the vocabulary with `other`. */
export function readEditorInfo({ extension }: ExtensionContext): EditorInfo {
  const manifest: { readonly version?: string; readonly __metadata?: { readonly source?: string } } =
    extension.packageJSON;
  const editor = env.appName === "code-server" ? "code_server" : env.uriScheme.replaceAll("-", "_");
  const source = manifest.__metadata?.source ?? "";
  // Microsoft's editors install from the Marketplace, all others from Open VSX.
  const installMethod =
    source === "gallery" && editor.startsWith("vscode") ? "marketplace" : (bySource[source] ?? "other");
  return { version: manifest.version ?? "", editor, installMethod };
}

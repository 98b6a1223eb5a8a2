/** The editor this runs in, and how this extension came into it, in the words of the vocabulary. */
import { type ExtensionContext, env } from "vscode";

export interface EditorInfo {
  readonly version: string;
  readonly editor: string;
  readonly installMethod: string;
}

const bySource: Readonly<Record<string, string>> = { vsix: "vsix", gallery: "open_vsx" };

/** Only what the editor itself says; a word that the vocabulary lacks becomes `other`. */
export function readEditorInfo({ extension }: ExtensionContext): EditorInfo {
  const manifest: { readonly version?: string; readonly __metadata?: { readonly source?: string } } =
    extension.packageJSON;
  const editor = env.appName === "code-server" ? "code_server" : env.uriScheme.replaceAll("-", "_");
  const source = manifest.__metadata?.source ?? "";
  // Microsoft's own editors have the marketplace, all others Open VSX.
  const installMethod =
    source === "gallery" && editor.startsWith("vscode") ? "marketplace" : (bySource[source] ?? "other");
  return { version: manifest.version ?? "", editor, installMethod };
}

/** In which editors the extension is installed, by their folders of extensions. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { folderNames } from "./folder-names.ts";

/** Relative to the home folder; servers are those of remote windows. */
const folders = [
  ".vscode",
  ".vscode-insiders",
  ".vscode-oss",
  ".vscode-server",
  ".vscode-server-insiders",
  ".vscode-remote",
  ".cursor",
  ".cursor-server",
  ".windsurf",
  ".windsurf-server",
  ".antigravity",
  ".kiro",
  ".trae",
  ".positron",
  ".local/share/code-server",
] as const;
const extensionFolder = /^nexus\.nexus-telemetry-\d/;

/** Returns the folders of the extension in all editors. VS Code lists those that it will remove in `.obsolete`. */
export function installedExtensions(home: string): readonly string[] {
  return folders.flatMap((name) => {
    const folder = join(home, name, "extensions");
    const obsolete = obsoleteIn(folder);
    return folderNames(folder)
      .filter((extension) => extensionFolder.test(extension) && !obsolete.has(extension))
      .map((extension) => join(folder, extension));
  });
}

function obsoleteIn(folder: string): ReadonlySet<string> {
  try {
    const listed: unknown = JSON.parse(readFileSync(join(folder, ".obsolete"), "utf8"));
    return new Set(typeof listed === "object" && listed !== null ? Object.keys(listed) : []);
  } catch {
    // Nothing waits for its removal.
    return new Set();
  }
}

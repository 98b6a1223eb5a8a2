/** Checks of programs: this command, editors with the extension, and the shell. */
import { basename } from "node:path";
import { countText } from "../../shared/text/format.ts";
import { installedExtensions } from "../removal/editors.ts";
import { productVersion } from "../version.ts";
import { type DoctorCheck, okCheck, warningCheck } from "./check.ts";

/** Those for which VS Code has shell integration. */
const seenShells = ["bash", "zsh", "fish", "pwsh", "powershell"];

export function programChecks(home: string, env: Readonly<Record<string, string | undefined>>): readonly DoctorCheck[] {
  return [runtime(), ...editors(home), ...shell(env["SHELL"])];
}

function runtime(): DoctorCheck {
  const kind = process.versions["electron"] === undefined ? "Node" : "the editor's Node";
  return okCheck(
    "runtime",
    `nexus ${productVersion}, ${kind} ${process.versions.node} on ${process.platform} ${process.arch}`,
  );
}

/** The newest version in each folder of extensions, such as `~/.vscode/extensions`. */
function editors(home: string): readonly DoctorCheck[] {
  const found = installedExtensions(home).map((folder) => {
    const [, version = ""] = /telemetry-(\d+\.\d+\.\d+[\w.]*)/.exec(basename(folder)) ?? [];
    return { folder, version };
  });
  if (found.length === 0)
    return [
      okCheck("editors", "the extension was not found in the folders of known editors; the command works without it"),
    ];
  const others = found.filter(({ version }) => version !== productVersion);
  if (others.length === 0)
    return [okCheck("editors", `${countText(found.length, "editor")} with version ${productVersion}`)];
  return others.map(({ folder, version }) =>
    warningCheck(
      "editors",
      `${folder} has version ${version}, this command ${productVersion}`,
      "Update the older one.",
    ),
  );
}

function shell(path: string | undefined): readonly DoctorCheck[] {
  if (path === undefined || path === "") return [];
  const name = basename(path).replace(/\.exe$/i, "");
  return seenShells.includes(name)
    ? [okCheck("shell", `${name}: VS Code reports its commands`)]
    : [
        warningCheck(
          "shell",
          "VS Code does not report commands of the shell in SHELL",
          "Use bash, zsh, fish or PowerShell in VS Code's terminal, or record single commands: nexus run -- COMMAND",
        ),
      ];
}

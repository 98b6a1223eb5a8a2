/** `nexus shell …`: what shells keep of their commands. */
import type { Command } from "commander";
import { historyShells } from "../../shared/vocabulary/history-names.ts";
import { lazyAction } from "./lazy-action.ts";
import { importedShape, withExamples, withImport, withJson } from "./options.ts";

export function addShell(nexus: Command): void {
  const shell = nexus.command("shell").description("import what your shells recorded of their commands");
  withExamples(
    withJson(
      withImport(
        shell
          .command("import")
          .description("import the history that shells keep on disk; it stays on this machine")
          .argument("[shell...]", `${historyShells.join(", ")} (default: all)`),
      ),
      importedShape("shell"),
    ),
    "nexus shell import",
    "nexus shell import zsh --preview",
    "nexus shell import --undo",
  ).action(lazyAction(() => import("../commands/shell/import.ts")));
}

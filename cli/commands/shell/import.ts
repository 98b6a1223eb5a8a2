/** `nexus shell import`: imports the history that shells keep on disk. */
import { countText } from "../../../shared/text/format.ts";
import { historyShells } from "../../../shared/vocabulary/history-names.ts";
import { type ImportOptions, type Kind, runImport } from "../history/import.ts";

const kind: Kind = {
  command: "nexus shell import",
  key: "shells",
  names: historyShells,
  kept: [
    "Kept of each command: time, the public program and its subcommand (such as git commit), how its commands are joined and how many they are; of zsh and atuin the time that it took (at most 10 minutes), and of atuin its exit status.",
    "Not kept: anything else, such as arguments, paths, names and folders.",
  ],
  recordsText: ({ tools }) => `${countText(tools, "command")}.`,
  report: "nexus commands",
};

export const run = (names: readonly string[], options: ImportOptions): Promise<void> => runImport(kind, names, options);

/** `nexus shell import`: imports the history that shells keep on disk. */
import { countText } from "../../../shared/text/format.ts";
import { keptOfShells } from "../../../shared/text/history-texts.ts";
import { historyShells } from "../../../shared/vocabulary/history-names.ts";
import { type ImportOptions, type Kind, runImport } from "../history/import.ts";

const kind: Kind = {
  command: "nexus shell import",
  key: "shells",
  names: historyShells,
  kept: keptOfShells,
  recordsText: ({ tools }) => `${countText(tools, "command")}.`,
  report: "nexus commands",
};

export const run = (names: readonly string[], options: ImportOptions): Promise<void> => runImport(kind, names, options);

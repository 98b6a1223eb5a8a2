/** `nexus agents import`: imports the history that agents keep on disk. */
import { historyAgents } from "../../../server/history/agent-history.ts";
import { countText } from "../../../shared/text/format.ts";
import { keptOfAgents } from "../../../shared/text/history-texts.ts";
import { type ImportOptions, type Kind, runImport } from "../history/import.ts";

const kind: Kind = {
  command: "nexus agents import",
  key: "agents",
  names: historyAgents,
  kept: keptOfAgents,
  recordsText: ({ responses, tools, inexact }) =>
    [
      `${countText(responses, "response")} and ${countText(tools, "tool use")}.`,
      inexact === 0
        ? "Tokens are exact."
        : `Of ${countText(inexact, "response")} the files hold only a part of the output: shown as at least (≥).`,
    ].join(" "),
  report: "nexus agents report",
};

export const run = (names: readonly string[], options: ImportOptions): Promise<void> => runImport(kind, names, options);

/** `nexus agents import`: imports the history that agents keep on disk. */
import { historyAgents } from "../../../server/history/agent-history.ts";
import { countText } from "../../../shared/text/format.ts";
import { type ImportOptions, type Kind, runImport } from "../history/import.ts";

const kind: Kind = {
  command: "nexus agents import",
  key: "agents",
  names: historyAgents,
  kept: [
    "Kept of each response: time, session (its ID is replaced), model, tokens by kind, and whether it was a subagent's.",
    "Kept of each tool use: time, session, name of a public tool, time until its result (at most 10 minutes), whether it failed, and whether it was a subagent's.",
    "Not kept: anything else, such as prompts, answers, code, paths, arguments and results. They are skipped without being read as text.",
  ],
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

/** The history of atuin, a database of commands of any shell. It also has what it took from their own histories. */
import { join } from "node:path";
import { type AgentReader, type DatabaseHistory, dataFolder, openDatabases } from "../agent-reader.ts";
import { countOf, type ForeignDatabase, textOf } from "../foreign-database.ts";
import { CommandRuns, maxCommandLength } from "./command-runs.ts";

/** Times are in nanoseconds, which a number of JavaScript cannot hold. */
const nsPerMs = 1_000_000;

function readAtuin(database: ForeignDatabase): DatabaseHistory {
  const runs = new CommandRuns("atuin");
  for (const row of database.rows({
    table: "history",
    columns: ["timestamp", "duration", "exit", "command", "deleted_at"],
    values: {
      start: `timestamp / ${nsPerMs}`,
      elapsed: `duration / ${nsPerMs}`,
      exit: "exit",
      command: "command",
      isKnown: "duration >= 0",
    },
    where: "deleted_at IS NULL",
    maxTextLength: maxCommandLength,
  })) {
    const [startMs, isKnown] = [countOf(row, "start"), row["isKnown"] === 1];
    const { exit } = row;
    if (startMs === 0 || typeof row["command"] !== "string") runs.faults += 1;
    else
      runs.addRun(textOf(row, "command"), {
        startMs,
        elapsedMs: isKnown ? countOf(row, "elapsed") : null,
        ...(isKnown && typeof exit === "number" && exit >= 0 ? { exitCode: exit } : {}),
      });
  }
  return { responses: [], tools: runs.tools, faults: runs.faults };
}

export const atuinReader: AgentReader = {
  agent: "atuin",
  roots: (home, env) => [join(dataFolder(home, env), "atuin")],
  isEntered: () => false,
  isWanted: (path) => path === "history.db",
  readDatabase: readAtuin,
  open: openDatabases,
};

/** `nexus history-database`, the child process that reads a database of an agent: its path on standard input, the records as JSON. */
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { historyNames, readForeignDatabase } from "../../../server/history/agent-history.ts";
import { oneNamed } from "../../agents.ts";
import { ReportedError } from "../../exit.ts";

export async function run(agent: string): Promise<void> {
  const file = await text(process.stdin);
  let found: ReturnType<typeof readForeignDatabase>;
  try {
    found = readForeignDatabase(oneNamed(agent, historyNames), file);
  } catch (error) {
    throw new ReportedError(error instanceof Error ? error.message : String(error));
  }
  const { responses, tools, faults } = found;
  if (!process.stdout.write(JSON.stringify({ responses, tools, faults }))) await once(process.stdout, "drain");
}

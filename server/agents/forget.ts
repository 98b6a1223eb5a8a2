/**
 * Removes the records of connected agents, for a purge. It never changes the agents' own settings.
 */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { agentNames } from "../../shared/protocol/agents.ts";
import type { Paths } from "../config/paths.ts";
import { temporarySuffix } from "../files/atomic-write.ts";

/**
 * Removes the undo records of agents' settings. Returns their number.
 * @throws the file system's error.
 */
export function forgetSettings({ agentFolder }: Paths): number {
  if (!existsSync(agentFolder)) return 0;
  const names = readdirSync(agentFolder);
  const records = names.filter((name) => agentNames.some((agent) => name === `${agent}.json`));
  for (const name of names) {
    if (records.includes(name) || name.includes(temporarySuffix)) rmSync(join(agentFolder, name), { force: true });
  }
  return records.length;
}

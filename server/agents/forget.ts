/** What a purge removes of the connections with agents. */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { agentNames } from "../../shared/protocol/agents.ts";
import type { Paths } from "../config/paths.ts";
import { temporarySuffix } from "../files/atomic-write.ts";

/** Removes what is remembered of agents' settings. Returns of how many agents there was something. @throws the file system's error. */
export function forgetSettings({ agentFolder }: Paths): number {
  if (!existsSync(agentFolder)) return 0;
  const names = readdirSync(agentFolder);
  const kept = names.filter((name) => agentNames.some((agent) => name === `${agent}.json`));
  for (const name of names) {
    if (kept.includes(name) || name.includes(temporarySuffix)) rmSync(join(agentFolder, name), { force: true });
  }
  return kept.length;
}

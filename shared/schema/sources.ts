import { hookAgents } from "../vocabulary/agents.ts";

export const agentSources = ["otlp", "agent_history", ...hookAgents] as const;

/** What produced an event. A source numbers the events of a session from 1; a gap means loss. */
export const sources = [
  "vscode",
  "vscode_terminal",
  "vscode_task",
  "vscode_debug",
  "vscode_editor",
  "vscode_api",
  "nexus_cli",
  "node_sdk",
  "python_sdk",
  ...agentSources,
] as const;
export type Source = (typeof sources)[number];

const agents: ReadonlySet<unknown> = new Set(agentSources);

export const isAgent = (source: unknown): boolean => agents.has(source);

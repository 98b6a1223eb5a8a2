import { hookAgents } from "../vocabulary/agents.ts";

/** Sources of what an import reads. Only the importer may use them, and they are never shared. */
export const historySources = ["agent_history", "shell_history"] as const;
export type HistorySource = (typeof historySources)[number];

/** What produces events. A source numbers the events of a session from 1; a gap means loss. */
export const liveSources = [
  "vscode",
  "vscode_terminal",
  "vscode_task",
  "vscode_debug",
  "vscode_editor",
  "vscode_api",
  "nexus_cli",
  "node_sdk",
  "python_sdk",
  "otlp",
  ...hookAgents,
] as const;

export const sources = [...liveSources, ...historySources] as const;
export type Source = (typeof sources)[number];

/** Sources whose events are what AI agents do. */
export const agentSources = ["otlp", "agent_history", ...hookAgents] as const;
const agents: ReadonlySet<unknown> = new Set(agentSources);

export const isAgent = (source: unknown): boolean => agents.has(source);

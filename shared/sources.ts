/** Where an event was captured. A source numbers its events of one session from 1 upwards; a gap is a loss. */
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
  "otlp",
  "claude_code",
  "cursor",
  "vscode_agent",
  "copilot_cli",
  "codex",
  "gemini_cli",
] as const;

/** Those that tell of the tools of AI agents. */
export const agentSources = [
  "otlp",
  "claude_code",
  "cursor",
  "vscode_agent",
  "copilot_cli",
  "codex",
  "gemini_cli",
] as const satisfies readonly (typeof sources)[number][];
export type Source = (typeof sources)[number];

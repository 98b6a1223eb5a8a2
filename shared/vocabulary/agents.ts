/** Agents that report through their hooks. */
export const hookAgents = [
  "claude_code",
  "cursor",
  "vscode_agent",
  "copilot_cli",
  "codex",
  "gemini_cli",
  "antigravity",
  "windsurf",
  "qwen_code",
  "factory_droid",
  "continue_cli",
  "goose",
  "cline",
  "opencode",
  "amp",
  "pi",
] as const;

/** Agents without hooks that keep a history. */
export const fileAgents = ["kilo_code", "roo_code", "zed"] as const;

/** Public names of AI agents that report tool calls. */
export const agents = [...hookAgents, ...fileAgents, "other"] as const;
export type KnownAgent = Exclude<(typeof agents)[number], "other">;

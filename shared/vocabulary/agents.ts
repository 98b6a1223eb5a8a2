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

/** Public names of AI agents that report tool calls. */
export const agents = [...hookAgents, "other"] as const;

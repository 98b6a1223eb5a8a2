/** Display names of sources. */
import type { Ranked } from "../protocol/reports.ts";
import type { Source } from "../schema/sources.ts";
import type { KnownAgent } from "../vocabulary/agents.ts";

const titles: Readonly<Record<Source | KnownAgent, string>> = {
  vscode: "VS Code",
  vscode_terminal: "VS Code terminal",
  vscode_task: "VS Code tasks",
  vscode_debug: "VS Code debugger",
  vscode_editor: "VS Code editors",
  vscode_api: "Other extensions",
  nexus_cli: "Nexus tools",
  node_sdk: "Node programs",
  python_sdk: "Python programs",
  otlp: "Agent (OpenTelemetry)",
  agent_history: "Agents' files",
  shell_history: "Shell history",
  claude_code: "Claude Code",
  cursor: "Cursor",
  vscode_agent: "VS Code agent",
  copilot_cli: "GitHub Copilot CLI",
  codex: "Codex",
  gemini_cli: "Gemini CLI",
  antigravity: "Antigravity CLI",
  windsurf: "Windsurf",
  qwen_code: "Qwen Code",
  factory_droid: "Factory Droid",
  continue_cli: "Continue CLI",
  goose: "Goose",
  cline: "Cline",
  opencode: "opencode",
  amp: "Amp",
  pi: "Pi",
  kilo_code: "Kilo Code",
  roo_code: "Roo Code",
  zed: "Zed",
};

export const sourceLabel = (source: string | null): string =>
  source === null ? "an agent" : (titles[source as keyof typeof titles] ?? source);

/** Returns the name of a ranked entry, with its source if it has one. */
export const rankedLabel = ({ name, source }: Pick<Ranked, "name" | "source">): string =>
  source === null ? name : `${name} (${sourceLabel(source)})`;

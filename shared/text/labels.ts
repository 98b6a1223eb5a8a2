/** Sources as a person names them. */
import type { Ranked } from "../protocol/reports.ts";

const titles: Readonly<Record<string, string>> = {
  vscode: "VS Code",
  vscode_terminal: "VS Code's terminal",
  vscode_task: "VS Code's tasks",
  vscode_debug: "VS Code's debugger",
  vscode_editor: "VS Code's editors",
  vscode_api: "another extension",
  nexus_cli: "a Nexus tool",
  node_sdk: "a Node program",
  python_sdk: "a Python program",
  otlp: "an agent (OpenTelemetry)",
  claude_code: "Claude Code",
  cursor: "Cursor",
  vscode_agent: "VS Code's agent",
  copilot_cli: "GitHub Copilot CLI",
  codex: "Codex",
  gemini_cli: "Gemini CLI",
};

export const sourceLabel = (source: string | null): string =>
  source === null ? "an agent" : (titles[source] ?? source);

/** What is ranked, with where it was used where that tells two apart. */
export const rankedLabel = ({ name, source }: Pick<Ranked, "name" | "source">): string =>
  source === null ? name : `${name} (${sourceLabel(source)})`;

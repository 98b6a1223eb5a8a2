/** What an import of a history keeps, and what the files do not hold. */
import type { HistoryName } from "../vocabulary/history-names.ts";

/** Of agents, one sentence each. */
export const keptOfAgents: readonly string[] = [
  "Kept of each response: time, session (its ID is replaced), model, tokens by kind, and whether it was a subagent's.",
  "Kept of each tool use: time, session, name of a public tool, time until its result (at most 10 minutes), whether it failed, and whether it was a subagent's.",
  "Not kept: anything else, such as prompts, answers, code, paths, arguments and results. They are skipped without being read as text.",
];

/** Of shells. */
export const keptOfShells: readonly string[] = [
  "Kept of each command: time, the public program and its subcommand (such as git commit), how its commands are joined and how many they are; of zsh and atuin the time that it took (at most 10 minutes), and of atuin its exit status.",
  "Not kept: anything else, such as arguments, paths, names and folders.",
];

/** What the files do not hold. */
export const historyLimits: Readonly<Partial<Record<HistoryName, string>>> = {
  copilot_cli:
    "Older versions of GitHub Copilot CLI keep only the tokens of a whole session: they count when it ended.",
  vscode_agent: "VS Code keeps no tokens, or only those of the last request of an answer.",
  cursor: "Cursor keeps no reliable tokens: what counts are its sessions, tools and models.",
  goose: "Goose keeps the tokens of a whole session: they count when it began.",
  zed: "Zed keeps the tokens of a whole thread: they count when it was used last.",
  zsh: "zsh keeps times only with setopt EXTENDED_HISTORY; lines without a time are skipped.",
  bash: "bash keeps times only with HISTTIMEFORMAT; lines without a time are skipped.",
  factory_droid: "Factory Droid keeps the tokens of a whole session: they count when it began.",
};

/** Days after which a program deletes its own files. */
export const deletedAfterDays: Readonly<Partial<Record<HistoryName, number>>> = { claude_code: 30, gemini_cli: 30 };

/** What is not or not for long in the files, one sentence each. */
export function limitsOf(name: HistoryName, label: string): readonly string[] {
  const [limit, days] = [historyLimits[name], deletedAfterDays[name]];
  return [
    ...(limit === undefined ? [] : [limit]),
    ...(days === undefined
      ? []
      : [`${label} deletes its files after ${days} days unless you set it otherwise; what is imported stays.`]),
  ];
}

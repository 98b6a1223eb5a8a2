/** Whose history an import reads: agents, and shells. */
import type { KnownAgent } from "./agents.ts";

/** Shells that keep the time of a command, and a program that does it for them. */
export const historyShells = ["zsh", "bash", "fish", "atuin"] as const;
export type HistoryShell = (typeof historyShells)[number];

export type HistoryName = KnownAgent | HistoryShell;

const shells: ReadonlySet<string> = new Set(historyShells);

export const isShell = (name: string): name is HistoryShell => shells.has(name);

/** Groups of the command that imports them. */
export const historyGroups = ["agents", "shell"] as const;

export const historyGroup = (name: HistoryName): (typeof historyGroups)[number] => (isShell(name) ? "shell" : "agents");

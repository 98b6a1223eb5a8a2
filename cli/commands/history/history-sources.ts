/** What was read of agents' files, in words. */
import type { AgentHistory, Progress } from "../../../server/history/agent-history.ts";
import { countText, sizeText } from "../../../shared/text/format.ts";
import { sourceLabel } from "../../../shared/text/labels.ts";
import { printError, progressLine } from "../../output/print.ts";

/** Milliseconds between two lines of progress. */
const progressMs = 100;

export function historyProgress(): (progress: Progress) => void {
  let shownMs = 0;
  return ({ agent, bytes, totalBytes }) => {
    const nowMs = Date.now();
    if (nowMs - shownMs < progressMs) return;
    shownMs = nowMs;
    progressLine(`Reading ${sourceLabel(agent)}: ${sizeText(bytes)} of ${sizeText(totalBytes)}`);
  };
}

const isThere = ({ files, unreadable }: AgentHistory): boolean => files + unreadable.length > 0;

/** The agents that have files, and a line about those that have none. */
export function withFiles<T>(
  of: readonly T[],
  historyOf: (one: T) => AgentHistory,
): { readonly found: readonly T[]; readonly noFiles: readonly string[] } {
  const missing = of.filter((one) => !isThere(historyOf(one))).map((one) => sourceLabel(historyOf(one).agent));
  return {
    found: of.filter((one) => isThere(historyOf(one))),
    noFiles: missing.length === 0 ? [] : [`No files of ${missing.join(", ")}.`],
  };
}

export function sourceText({ agent, files, bytes, skippedLines, unreadable, isCut }: AgentHistory): string {
  const name = sourceLabel(agent);
  const parts = [
    `${countText(files, "file")}, ${sizeText(bytes)}`,
    ...(skippedLines === 0 ? [] : [`${countText(skippedLines, "line")} skipped`]),
    ...(unreadable.length === 0
      ? []
      : [`${countText(unreadable.length, "file or folder", "files or folders")} not readable`]),
    ...(isCut ? ["more files not read"] : []),
  ];
  return `${name}: ${parts.join(", ")}.`;
}

/** Files that are named when they cannot be read. */
const maxNamed = 10;

export function printUnreadable({ unreadable }: AgentHistory): void {
  for (const { path, reason } of unreadable.slice(0, maxNamed)) printError(`Not read: ${path} (${reason})`);
}

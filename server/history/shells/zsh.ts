/** The history of zsh with EXTENDED_HISTORY: `: <start>:<seconds>;<command>`, a line break within it after a backslash. */
import { join } from "node:path";
import { secondMs } from "../../../shared/schema/durations.ts";
import type { AgentReader } from "../agent-reader.ts";
import { readLines } from "../lines.ts";
import { CommandRuns, maxCommandLength, openShell, type ReadRuns } from "./command-runs.ts";

const entry = /^: {0,2}(\d{9,11}):(\d{1,9});/;

/** Whether a line ends with a backslash that is not itself escaped. */
function goesOn(text: string): boolean {
  let end = text.length;
  while (end > 0 && text[end - 1] === "\\") end -= 1;
  return (text.length - end) % 2 === 1;
}

function readZsh(path: string): ReadRuns {
  const runs = new CommandRuns("zsh");
  let open: { startMs: number; elapsedMs: number | null; lines: string[]; length: number } | undefined;
  const end = () => {
    if (open !== undefined && open.length > maxCommandLength) runs.faults += 1;
    else if (open !== undefined) runs.addRun(open.lines.join("\n"), open);
    open = undefined;
  };
  const { bytes, skipped } = readLines(path, (buffer, start, stop) => {
    const line = buffer.toString("utf8", start, Math.min(stop, start + maxCommandLength + 64));
    const last = open?.lines.at(-1);
    if (open !== undefined && last !== undefined && goesOn(last)) {
      open.lines[open.lines.length - 1] = last.slice(0, -1);
      open.length += line.length;
      if (open.length > maxCommandLength) open.lines = [];
      open.lines.push(line);
      return;
    }
    end();
    const [head, startS, seconds] = entry.exec(line) ?? [];
    if (head === undefined) runs.faults += 1;
    // Some options of zsh write no end, and then 0.
    else
      open = {
        startMs: Number(startS) * secondMs,
        elapsedMs: Number(seconds) * secondMs || null,
        lines: [line.slice(head.length)],
        length: line.length,
      };
  });
  end();
  return { runs, bytes, skipped };
}

export const zshReader: AgentReader = {
  agent: "zsh",
  roots: (home, { HISTFILE: file, ZDOTDIR: folder }) => [
    home,
    ...(folder === undefined || folder === "" ? [] : [folder]),
    join(home, ".config"),
    join(home, ".local", "state"),
    ...(file?.includes("zsh") === true ? [join(file, "..")] : []),
  ],
  isEntered: (path) => path === "zsh" || path === ".zsh_sessions",
  isWanted: (path) =>
    /^(?:(?:zsh\/)?(?:\.zsh_history|\.zhistory|\.histfile)|zsh\/history|\.zsh_sessions\/[\dA-F-]{36}\.history)$/.test(
      path,
    ),
  open: () => openShell(readZsh),
};

/** The history of bash with HISTTIMEFORMAT: a line `#<start>`, then the lines of the command. */
import { join } from "node:path";
import { secondMs } from "../../../shared/schema/durations.ts";
import type { AgentReader } from "../agent-reader.ts";
import { readLines } from "../lines.ts";
import { CommandRuns, maxCommandLength, openShell, type ReadRuns } from "./command-runs.ts";

const time = /^#(\d{9,11})$/;

function readBash(path: string): ReadRuns {
  const runs = new CommandRuns("bash");
  let startMs: number | undefined;
  let lines: string[] = [];
  const end = () => {
    if (startMs !== undefined && lines.length > 0) runs.addRun(lines.join("\n"), { startMs, elapsedMs: null });
    lines = [];
  };
  const { bytes, skipped } = readLines(path, (buffer, start, stop) => {
    const line = buffer.toString("utf8", start, Math.min(stop, start + maxCommandLength + 64));
    const at = time.exec(line)?.[1];
    if (at !== undefined) {
      end();
      startMs = Number(at) * secondMs;
    } else if (startMs === undefined) runs.faults += 1;
    else lines.push(line);
  });
  end();
  return { runs, bytes, skipped };
}

export const bashReader: AgentReader = {
  agent: "bash",
  roots: (home, { HISTFILE: file }) => [home, ...(file?.includes("bash") === true ? [join(file, "..")] : [])],
  isEntered: () => false,
  isWanted: (path) => path === ".bash_history",
  open: () => openShell(readBash),
};

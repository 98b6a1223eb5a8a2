/** The history of fish: `- cmd: <command>` with `\n` for a line break, then `  when: <start>`, and perhaps paths. */
import { join } from "node:path";
import { secondMs } from "../../../shared/schema/durations.ts";
import { type AgentReader, dataFolder } from "../agent-reader.ts";
import { readLines } from "../lines.ts";
import { CommandRuns, maxCommandLength, openShell, type ReadRuns } from "./command-runs.ts";

const command = /^- cmd: (.*)$/s;
const time = /^ {2}when: (\d{9,11})$/;

function readFish(path: string): ReadRuns {
  const runs = new CommandRuns("fish");
  let text: string | undefined;
  const { bytes, skipped } = readLines(path, (buffer, start, stop) => {
    const line = buffer.toString("utf8", start, Math.min(stop, start + maxCommandLength + 64));
    const written = command.exec(line)?.[1];
    const at = time.exec(line)?.[1];
    if (written !== undefined) {
      if (text !== undefined) runs.faults += 1;
      text = written.replace(/\\(n|\\)/g, (_, letter) => (letter === "n" ? "\n" : "\\"));
    } else if (at !== undefined && text !== undefined) {
      runs.addRun(text, { startMs: Number(at) * secondMs, elapsedMs: null });
      text = undefined;
    }
  });
  if (text !== undefined) runs.faults += 1;
  return { runs, bytes, skipped };
}

export const fishReader: AgentReader = {
  agent: "fish",
  roots: (home, env) => [join(dataFolder(home, env), "fish")],
  isEntered: () => false,
  isWanted: (path) => /^[A-Za-z0-9_]+_history$/.test(path),
  open: () => openShell(readFish),
};

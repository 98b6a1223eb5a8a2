/** Commands that a shell ran, in public words. A command is read as text, named after its programs, and forgotten. */
import { secondMs } from "../../../shared/schema/durations.ts";
import type { HistoryShell } from "../../../shared/vocabulary/history-names.ts";
import { lineCommand } from "../../privacy/command/line-command.ts";
import type { OpenReader } from "../agent-reader.ts";
import { MergedHistory } from "../merged.ts";

/** Longer commands hold data; they are not read. Characters. */
export const maxCommandLength = 16_384;

export interface CommandTimes {
  readonly startMs: number;
  readonly elapsedMs: number | null;
  readonly exitCode?: number;
}

/** The commands of one file. */
export class CommandRuns extends MergedHistory {
  readonly #shell: HistoryShell;
  readonly #ofSecond = new Map<number, number>();
  /** Entries without a time, or too long. */
  faults = 0;

  constructor(shell: HistoryShell) {
    super();
    this.#shell = shell;
  }

  addRun(text: string, { startMs, elapsedMs, exitCode }: CommandTimes): void {
    if (text.trim() === "") return;
    if (text.length > maxCommandLength) {
      this.faults += 1;
      return;
    }
    const { path, chain, count, outcomeOf } = lineCommand(text);
    // Shells have no IDs: a command has its second, in any copy of the history, and whatever names are public in a later version.
    const second = Math.floor(startMs / secondMs);
    const nth = this.#ofSecond.get(second) ?? 0;
    this.#ofSecond.set(second, nth + 1);
    this.addTool({
      agent: this.#shell,
      session: this.#shell,
      id: `command of a shell ${second} ${nth}`,
      tsMs: startMs,
      isSubagent: false,
      tool: "run_terminal_cmd",
      elapsedMs,
      outcome: null,
      command: { path: path ?? "", chain, count, outcomeOf, ...(exitCode === undefined ? {} : { exitCode }) },
    });
  }
}

/** What was read of a file. */
export interface ReadRuns {
  readonly runs: CommandRuns;
  readonly bytes: number;
  /** Lines that were too long. */
  readonly skipped: number;
}

/** Reads the files of one shell. */
export function openShell(readFile: (path: string) => ReadRuns): OpenReader {
  const history = new MergedHistory();
  return {
    read: ({ path }) => {
      const { runs, bytes, skipped } = readFile(path);
      history.add(runs);
      return { bytes, skippedLines: skipped + runs.faults };
    },
    history: () => history,
  };
}

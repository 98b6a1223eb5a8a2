/**
 * Turns VS Code's terminal events into one start and one end per execution, whatever VS Code
 * repeats, omits or forgets. Knows nothing of VS Code, so that every sequence can be tested.
 */

import { maxCommandLineLength, type RawEventFields } from "../../shared/schema/raw-event.ts";
import type { Timers } from "../timers.ts";

/** What is known of a command line: `undefined` if VS Code does not give it. */
export interface CapturedLine {
  readonly value: string;
  /** Guessed from the screen: it may contain output. */
  readonly isGuess: boolean;
}

type Fields = RawEventFields["agent_event"];

interface Execution {
  readonly terminal: object;
  /** On the monotonic clock. */
  readonly startedMs: number;
  line: CapturedLine | undefined;
  /** Records an end without exit code, unless the real end comes first. */
  cancelLateEnd?: () => void;
  endedMs?: number;
  neverRan?: boolean;
}

/** VS Code may report an end without exit code shortly before the real one. */
const lateEndMs = 2_000;
/** What ends so soon, without the exit code that the shell otherwise reports, never ran: Ctrl+C at the prompt. */
const instantMs = 500;

const tool = { stream: "tool", tool_name: "run_terminal_cmd" } as const;

export class ShellExecutions {
  readonly #record: (fields: Fields) => void;
  readonly #timers: Timers;
  readonly #nowMs: () => number;
  /** In the order of their start. An ended execution leaves, so a second end finds nothing. */
  readonly #open = new Map<object, Execution>();
  /** Terminals whose shell reports exit codes; that of cmd does not. */
  readonly #withCodes = new WeakSet<object>();

  constructor(record: (fields: Fields) => void, timers: Timers, nowMs: () => number) {
    this.#record = record;
    this.#timers = timers;
    this.#nowMs = nowMs;
  }

  started(terminal: object, execution: object, line: CapturedLine | undefined): void {
    // A terminal runs one command at a time.
    for (const [other, { terminal: own, endedMs }] of this.#open) {
      if (own === terminal && other !== execution && endedMs !== undefined) this.#end(other, undefined);
    }
    if (this.#open.has(execution) || isNothing(line)) return;
    this.#open.set(execution, { terminal, startedMs: this.#nowMs(), line });
    this.#record({ ...tool, tool_phase: "start", ...lineFields(line) });
  }

  /** An execution that started before capture did is unknown and not recorded. */
  ended(execution: object, line: CapturedLine | undefined, exitCode: unknown): void {
    const known = this.#open.get(execution);
    if (known === undefined) return;
    if (line !== undefined && !line.isGuess && line.value !== "") known.line = line;
    known.endedMs ??= this.#nowMs();
    if (typeof exitCode === "number") {
      this.#withCodes.add(known.terminal);
      this.#end(execution, exitCode);
      return;
    }
    const isInstant = known.endedMs - known.startedMs < instantMs;
    known.neverRan = exitCode === undefined && isInstant && this.#withCodes.has(known.terminal);
    known.cancelLateEnd ??= this.#timers.after(lateEndMs, () => this.#end(execution, undefined));
  }

  /** What still runs in a closed terminal was cancelled with it; VS Code may report its end without code before. */
  closed(terminal: object): void {
    for (const [execution, { terminal: own }] of this.#open) {
      if (own === terminal) this.#end(execution, undefined, "cancelled");
    }
  }

  /** Capture ends; what still runs goes on without it. */
  dispose(): void {
    for (const [execution, { endedMs }] of this.#open) if (endedMs !== undefined) this.#end(execution, undefined);
    this.#open.clear();
  }

  #end(execution: object, exitCode: number | undefined, status?: "cancelled"): void {
    const known = this.#open.get(execution);
    if (known === undefined) return;
    this.#open.delete(execution);
    known.cancelLateEnd?.();
    if (exitCode === undefined && status === undefined && known.neverRan === true) return;
    this.#record({
      ...tool,
      tool_phase: "end",
      ...lineFields(known.line),
      ...(exitCode === undefined ? { status: status ?? "unknown" } : { exit_code: exitCode }),
      duration_ms: Math.round((known.endedMs ?? this.#nowMs()) - known.startedMs),
    });
  }
}

/** Enter without a command, or a line that Ctrl+C discarded: nothing runs. */
function isNothing(line: CapturedLine | undefined): boolean {
  if (line === undefined || line.isGuess) return false;
  const text = line.value.trimEnd();
  return text === "" || text.endsWith("^C");
}

function lineFields(line: CapturedLine | undefined): Pick<Fields, "command_line"> {
  return line === undefined || line.isGuess ? {} : { command_line: line.value.slice(0, maxCommandLineLength) };
}

import { beforeEach, describe, expect, it } from "vitest";
import { ShellExecutions } from "./shell-executions.ts";

let recorded: Record<string, unknown>[];
let pending: { work: () => void; cancelled: boolean }[];
let nowMs: number;
let executions: ShellExecutions;

beforeEach(() => {
  recorded = [];
  pending = [];
  nowMs = 1_000;
  const timers = {
    after: (_delayMs: number, work: () => void) => {
      const timer = { work, cancelled: false };
      pending.push(timer);
      return () => {
        timer.cancelled = true;
      };
    },
  };
  executions = new ShellExecutions(
    (fields) => recorded.push({ ...fields }),
    timers,
    () => nowMs,
  );
});

const terminal = {};
const line = (value: string, isGuess = false) => ({ value, isGuess });
const timeOut = () => {
  for (const { work, cancelled } of pending.splice(0)) if (!cancelled) work();
};
/** Phase, line, exit code or status of what was recorded. */
const summary = () =>
  recorded.map(({ tool_phase, command_line, exit_code, status }) =>
    [tool_phase, command_line, exit_code ?? status].filter((part) => part !== undefined).join(" "),
  );

describe("one execution", () => {
  it("has one start and one end with its duration", () => {
    const run = {};
    executions.started(terminal, run, line("make"));
    nowMs += 250;
    executions.ended(run, line("make"), 2);
    expect(summary()).toEqual(["start make", "end make 2"]);
    expect(recorded[1]).toMatchObject({ duration_ms: 250 });
  });

  it("is one use although VS Code reports its start or end twice", () => {
    const run = {};
    executions.started(terminal, run, line("make"));
    executions.started(terminal, run, line("make"));
    executions.ended(run, undefined, 0);
    executions.ended(run, undefined, 1);
    expect(summary()).toEqual(["start make", "end make 0"]);
  });

  it("takes the real end after one without exit code", () => {
    const run = {};
    executions.started(terminal, run, line("npm test"));
    executions.ended(run, undefined, undefined);
    executions.ended(run, undefined, 1);
    timeOut();
    expect(summary()).toEqual(["start npm test", "end npm test 1"]);
  });

  it("ends as unknown without exit code: after a moment, at the next command, or at the end of capture", () => {
    const [a, b, c] = [{}, {}, {}];
    executions.started(terminal, a, line("a"));
    executions.ended(a, undefined, undefined);
    timeOut();
    executions.started(terminal, b, line("b"));
    executions.ended(b, undefined, null);
    executions.started(terminal, c, line("c"));
    executions.ended(c, undefined, "0");
    executions.dispose();
    expect(summary()).toEqual(["start a", "end a unknown", "start b", "end b unknown", "start c", "end c unknown"]);
  });

  it("is cancelled when its terminal closes", () => {
    const [server, other] = [{}, {}];
    executions.started(terminal, server, line("npm run dev"));
    executions.started({}, other, line("make"));
    nowMs += 5_000;
    executions.ended(server, undefined, undefined);
    executions.closed(terminal);
    executions.ended(server, undefined, 130);
    expect(summary()).toEqual(["start npm run dev", "start make", "end npm run dev cancelled"]);
    expect(recorded[2]).toMatchObject({ duration_ms: 5_000 });
  });

  it("is no use if nothing ran: an empty line, or a line that Ctrl+C discarded", () => {
    for (const text of ["", "  \t", "git statu^C"]) {
      const run = {};
      executions.started(terminal, run, line(text));
      executions.ended(run, line(text), undefined);
    }
    timeOut();
    expect(recorded).toEqual([]);
  });

  it("is no use if it ends at once without the exit code that its shell otherwise reports", () => {
    const [first, second, third] = [{}, {}, {}];
    executions.started(terminal, first, line("make"));
    executions.ended(first, undefined, undefined);
    executions.started(terminal, second, line("git status"));
    executions.ended(second, undefined, 0);
    executions.started(terminal, third, line("make"));
    executions.ended(third, undefined, undefined);
    timeOut();
    const ends = summary().filter((text) => text.startsWith("end"));
    expect(ends).toEqual(["end make unknown", "end git status 0"]);
  });

  it("does not count if it started before capture, or ends before it starts", () => {
    const run = {};
    executions.ended(run, line("make"), 0);
    executions.started(terminal, run, line("make"));
    expect(summary()).toEqual(["start make"]);
  });
});

describe("command line", () => {
  it("omits a guess, takes the line that is known at the end, and works without any", () => {
    const [a, b] = [{}, {}];
    executions.started(terminal, a, line("zz git", true));
    executions.ended(a, line("git status"), 0);
    executions.started(terminal, b, undefined);
    executions.ended(b, undefined, 0);
    expect(summary()).toEqual(["start", "end git status 0", "start", "end 0"]);
  });

  it("is cut where it is captured", () => {
    executions.started(terminal, {}, line("x".repeat(100_000)));
    expect(String(recorded[0]?.["command_line"])).toHaveLength(65_536);
  });
});

/**
 * Invented work of up to a year, the same for each run: five workspaces, four agents with models and tokens, commands by Zipf's
 * law, few of them on weekends. It contains four truths that reports must find (`plantedTruths`).
 */
import { createHash } from "node:crypto";
import { type SampleWorkspace, sampleWorkspaceNames } from "../../shared/protocol/sample.ts";
import { dayMs, hourMs, minuteMs, secondMs } from "../../shared/schema/durations.ts";
import type { Source } from "../../shared/schema/sources.ts";
import { type CommandClass, classLists, commandClass } from "../../shared/vocabulary/command-classes.ts";

export interface WorkEvent {
  readonly tsMs: number;
  readonly session: string;
  readonly source: Source;
  readonly type: "agent_event" | "agent_activity" | "model_request";
  readonly workspace: SampleWorkspace;
  readonly fields: Readonly<Record<string, string | number>>;
}

export interface YearOptions {
  readonly nowMs: number;
  readonly days?: number;
  /** Approximate number of events. */
  readonly events?: number;
  /** The command lines, the most frequent ones first. */
  readonly lines?: readonly string[];
  /** Whether starts of tool calls and commands are events too. */
  readonly starts?: boolean;
}

/** What happened in the last days of the year. */
export const plantedTruths = {
  /** A command three times slower for nine days. */
  slower: { command: "npm test", days: 9, factor: 3 },
  /** An agent whose edits began to fail the checks. */
  failing: { agent: "codex", days: 21 },
  /** A change to a model that costs more. */
  cost: { agent: "claude_code", days: 12, before: "claude-sonnet-4-5", after: "claude-opus-4-1" },
  /** Most of the waiting is here. */
  waiting: { workspace: "backend" },
} as const;

interface AgentHabit {
  readonly name: Source;
  readonly model: string;
  readonly share: number;
  /** Share of edits whose first check succeeds. */
  readonly firstTry: number;
}

const agentHabits: readonly [AgentHabit, ...AgentHabit[]] = [
  { name: "claude_code", model: "claude-sonnet-4-5", share: 0.5, firstTry: 0.8 },
  { name: "codex", model: "gpt-5", share: 0.25, firstTry: 0.75 },
  { name: "cursor", model: "gpt-5", share: 0.15, firstTry: 0.7 },
  { name: "gemini_cli", model: "gemini-2.5-pro", share: 0.1, firstTry: 0.65 },
];

/** The most frequent ones come first; the rest is taken from all classes in turn. */
const frequent = [
  "git status",
  "npm test",
  "git diff",
  "cargo build",
  "ls",
  "git push",
  "npm run dev",
  "vim",
  "tsc",
  "docker build",
];
export const commands: readonly string[] = [
  ...new Set([
    ...frequent,
    ...Array.from({ length: 60 }, (_, n) => Object.values(classLists).flatMap((list) => list[n] ?? [])).flat(),
  ]),
].slice(0, 200);

function habitAt(at: number): AgentHabit {
  let sum = 0;
  for (const habit of agentHabits) {
    sum += habit.share;
    if (at < sum) return habit;
  }
  return agentHabits[0];
}

/** Returns a generator of numbers from 0 to 1 (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Returns a choice among lines by Zipf's law. */
function zipf(lines: readonly string[]): (random: () => number) => string {
  let sum = 0;
  const cumulative = lines.map((_, n) => {
    sum += 1 / (n + 1);
    return sum;
  });
  return (random) => {
    const at = random() * sum;
    return lines[cumulative.findIndex((end) => end >= at)] ?? "ls";
  };
}

/** Shortest and longest duration in milliseconds; between them log-uniform. */
const durations: Readonly<Record<CommandClass, readonly [number, number]>> = {
  check: [800, 25 * secondMs],
  search: [10, 1_500],
  server: [minuteMs, 40 * minuteMs],
  interactive: [20 * secondMs, 20 * minuteMs],
  build: [2_000, 60 * secondMs],
  version_control: [15, 1_500],
  package: [1_500, 30 * secondMs],
  infrastructure: [400, 20 * secondMs],
  other: [5, 2_000],
};

/** Share of runs that fail. */
const failureRates: Readonly<Partial<Record<CommandClass, number>>> = { check: 0.14, build: 0.1, search: 0 };
const failureRate = 0.03;

function durationOf(random: () => number, kind: CommandClass): number {
  const [shortest, longest] = durations[kind];
  return shortest * (longest / shortest) ** random();
}

/** How much is done on a day, in relation to the mean: on most weekends nothing. */
function loadOf(random: () => number, startMs: number): number {
  const weekday = new Date(startMs).getDay();
  const [isWeekend, dice] = [weekday === 0 || weekday === 6, random()];
  if (isWeekend) return dice < 0.75 ? 0 : 0.5;
  return 0.75 + 1.2 * dice;
}

/** Events of a session of an agent's turn or of a stretch of terminal work. */
const eventsPerBlock = 14;

/** Yields the events in the order of their times within each session; none after `nowMs`. */
export function* yearOfWork(options: YearOptions): Generator<WorkEvent> {
  for (const event of workUntilEvening(options)) if (event.tsMs <= options.nowMs) yield event;
}

function* workUntilEvening({
  nowMs,
  days = 365,
  events = 30_000,
  starts = false,
  lines = commands,
}: YearOptions): Generator<WorkEvent> {
  const random = randomFrom(20_261_126);
  const perDay = events / days / (starts ? 2 * eventsPerBlock : eventsPerBlock);
  const nextLine = zipf(lines);
  for (let day = days - 1; day >= 0; day -= 1) {
    const id = (name: string) => uuidOf(`${name} ${day}`);
    const morningMs = new Date(nowMs - day * dayMs).setHours(9, 0, 0, 0);
    const blocks = Math.round(perDay * loadOf(random, morningMs));
    for (let block = 0; block < blocks; block += 1) {
      const startMs = morningMs + Math.floor(((block + random() / 2) / blocks) * 9 * hourMs);
      const workspace = sampleWorkspaceNames[Math.floor(random() ** 1.5 * sampleWorkspaceNames.length)] ?? "atlas";
      if (random() < 0.5)
        yield* terminalBlock({ random, startMs, day, session: id(`window ${workspace}`), workspace, starts, nextLine });
      else yield* agentBlock(random, startMs, day, id, workspace, starts);
    }
  }
}

const tool = (name: string) => ({ stream: "tool", tool_name: name, tool_phase: "end" });

interface TerminalBlock {
  readonly random: () => number;
  readonly startMs: number;
  /** Days ago. */
  readonly day: number;
  readonly session: string;
  readonly workspace: SampleWorkspace;
  readonly starts: boolean;
  readonly nextLine: (random: () => number) => string;
}

function* terminalBlock(block: TerminalBlock): Generator<WorkEvent> {
  const { random, startMs, day, session, workspace, starts, nextLine } = block;
  const { slower, waiting } = plantedTruths;
  for (let n = 0; n < eventsPerBlock; n += 1) {
    const command = nextLine(random);
    const tsMs = startMs + n * 20 * secondMs;
    const source = "vscode_terminal";
    // Git takes its time over little, even where it checks.
    const kind = command.startsWith("git ") ? "version_control" : commandClass(command);
    let ms = command === slower.command ? 12_000 * (0.7 + 0.6 * random()) : durationOf(random, kind);
    if (command === slower.command && day < slower.days) ms *= slower.factor;
    if (workspace === waiting.workspace && command === "cargo build") ms = 360_000 * (0.7 + 0.6 * random());
    const failed = random() < (failureRates[kind] ?? failureRate);
    const of = { ...tool("run_terminal_cmd"), command_path: command };
    if (starts) yield { tsMs, session, source, type: "agent_event", workspace, fields: { ...of, tool_phase: "start" } };
    const end = { status: failed ? "failed" : "ok", exit_class: failed ? "general_error" : "success" };
    yield {
      tsMs: tsMs + Math.round(ms),
      session,
      source,
      type: "agent_event",
      workspace,
      fields: { ...of, ...end, duration_ms: Math.round(ms) },
    };
  }
}

/** One turn of an agent: reads, edits, requests, then checks until one succeeds. */
function* agentBlock(
  random: () => number,
  startMs: number,
  day: number,
  id: (name: string) => string,
  workspace: SampleWorkspace,
  starts: boolean,
): Generator<WorkEvent> {
  const { failing, cost } = plantedTruths;
  const habit = habitAt(random());
  const { name: source } = habit;
  const session = id(source);
  const model = source === cost.agent && day < cost.days ? cost.after : habit.model;
  const firstTry = source === failing.agent && day < failing.days ? 0.15 : habit.firstTry;
  let tsMs = startMs;
  const event = (type: WorkEvent["type"], fields: WorkEvent["fields"]): WorkEvent => ({
    tsMs,
    session,
    source,
    type,
    workspace,
    fields: { agent: source, ...fields },
  });
  function* call(fields: WorkEvent["fields"], status: string): Generator<WorkEvent> {
    tsMs += 4_000 + Math.floor(random() * 8_000);
    if (starts) yield event("agent_event", { ...fields, tool_phase: "start" });
    yield event("agent_event", { ...fields, status, duration_ms: Math.round(Math.exp(random() * Math.log(20_000))) });
  }
  yield event("agent_activity", { activity: "turn", duration_ms: 60_000 + Math.round(random() * 120_000) });
  if (random() < 0.2) yield event("agent_activity", { activity: "permission_request" });
  for (let n = 0; n < 3; n += 1)
    yield* call(tool(n === 1 ? "search_text" : "read_file"), random() < 0.03 ? "failed" : "ok");
  for (let n = 0; n < 2; n += 1) {
    yield event("model_request", {
      model,
      tokens_input: 20_000 + Math.floor(random() * 30_000),
      tokens_cache_read: 15_000,
      tokens_output: 500 + Math.floor(random() * 2_000),
      duration_ms: 2_000 + Math.floor(random() * 20_000),
    });
    yield* call(tool("edit_file"), random() < 0.04 ? "failed" : "ok");
  }
  const check = { ...tool("run_terminal_cmd"), command_path: "tsc" };
  let isGreen = random() < firstTry;
  for (let tries = 1; tries < 5; tries += 1) {
    yield* call(check, isGreen ? "ok" : "failed");
    if (isGreen) break;
    yield* call(tool("edit_file"), "ok");
    isGreen = random() < 0.5;
  }
  tsMs += minuteMs;
}

/** Returns a UUID of version 4 that is derived from a text. */
export const uuidOf = (text: string): string => uuidFrom(hashOf(text), 4);

/** Returns a UUID of version 7 for the event with a number. `tsMs`: milliseconds since 1970. */
export function eventIdOf(tsMs: number, n: number): string {
  const time = tsMs.toString(16).padStart(12, "0");
  return uuidFrom(`${time}${hashOf(`event ${n}`).slice(12)}`, 7);
}

const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex");

const uuidFrom = (hex: string, version: 4 | 7): string =>
  `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${version}${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;

/**
 * Names a line after its last working command: a public program and its subcommands, such as `git
 * commit`. The path consists only of vocabulary values, so no argument, path or user-defined name
 * can pass, even if the line is parsed incorrectly.
 */

import type { Chain, OutcomeOf } from "../../../shared/schema/fields.ts";
import { readShellLine, type ShellLine, type SimpleCommand } from "../shell/reader.ts";
import { withoutScreenText } from "../shell/screen-text.ts";
import { type Resolved, resolveCommand } from "./resolve.ts";
import { checksCondition, leaves, waits } from "./scene.ts";

export interface LineCommand {
  /** Public command path; `undefined` if no command of the line is public. */
  readonly path: string | undefined;
  readonly chain: Chain;
  /** Number of working commands. */
  readonly count: number;
  /** Whose exit status and duration the line's are. */
  readonly outcomeOf: OutcomeOf;
}

const nothing: LineCommand = { path: undefined, chain: "single", count: 0, outcomeOf: "line" };

/** `bash -c "ssh host 'sh -c …'"`: deeper ones keep the name of the shell. */
const maxDepth = 4;

/** Reads a command line as it was typed. */
export function lineCommand(line: string, depth = 0): LineCommand {
  if (depth >= maxDepth) return nothing;
  return select(readShellLine(depth === 0 ? withoutScreenText(line) : line), depth);
}

/** Reads the words of one command, as a program received them. */
export function wordsCommand(words: readonly string[]): LineCommand {
  const command: SimpleCommand = {
    words,
    link: "first",
    negated: false,
    background: false,
    hasInput: false,
    nested: false,
  };
  return select({ commands: [command], functions: new Set() }, 0);
}

/** A command of the line with what it resolves to. */
interface Stage extends Resolved {
  readonly command: SimpleCommand;
}

/** Commands joined by `|`; the first working one counts. */
interface Pipeline {
  readonly stages: readonly Stage[];
  readonly working: readonly Stage[];
  readonly link: SimpleCommand["link"];
}

function pipelinesOf({ commands, functions }: ShellLine, depth: number): readonly Pipeline[] {
  const found: { stages: Stage[]; working: Stage[]; link: SimpleCommand["link"] }[] = [];
  for (const command of commands) {
    const resolved = resolveCommand(command.words, functions, (line) => lineCommand(line, depth + 1));
    const stage: Stage = { command, ...resolved };
    const { isScene } = resolved;
    const last = found.at(-1);
    if (command.link !== "pipe" || last === undefined) {
      found.push({ stages: [stage], working: isScene ? [] : [stage], link: command.link });
      continue;
    }
    last.stages.push(stage);
    if (!isScene) last.working.push(stage);
  }
  return found;
}

function select(line: ShellLine, depth: number): LineCommand {
  const pipelines = pipelinesOf(line, depth);
  const working = pipelines.filter(({ working }) => working.length > 0);
  if (working.length === 0) {
    const scenes = pipelines.flatMap(({ stages }) => stages).filter(({ path }) => path !== undefined);
    const named = scenes.findLast(({ path = "" }) => !leaves(path)) ?? scenes.at(-1);
    return { path: named?.path, chain: "single", count: 0, outcomeOf: scenes.length === 1 ? "command" : "line" };
  }
  const count = working.reduce((sum, { working }) => sum + working.length, 0);
  const candidates = working.filter(({ link }, n) => n === 0 || link !== "or");
  const last = candidates.at(-1) as Pipeline;
  const named = candidates.findLast(({ working }) => working[0]?.path !== undefined) ?? last;
  const { path, inner, isSession, command } = named.working[0] as Stage;
  const waits = inner === undefined ? isSession : inner.outcomeOf === "session";
  // With a file or a pipe as its input, a program does not wait for the user.
  const ofInner = waits ? (command.hasInput ? "command" : "session") : (inner?.outcomeOf ?? "command");
  const outcomeOf = isLastOutcome(pipelines, named) ? ofInner : "line";
  if (count === 1 && inner !== undefined && inner.count > 1) return { ...inner, outcomeOf };
  const chain = chainOf(pipelines, working, count);
  const isAttributed = named === last && (chain === "single" || chain === "sequence");
  return { path, chain, count, outcomeOf: isAttributed ? outcomeOf : "line" };
}

/** Whether the exit status of the line is that of this pipeline's named command. */
function isLastOutcome(pipelines: readonly Pipeline[], named: Pipeline): boolean {
  const at = pipelines.indexOf(named);
  const stage = named.working[0];
  if (stage === undefined || stage !== named.stages.at(-1) || stage.repeats) return false;
  const { negated, background, nested } = stage.command;
  if (negated || background || nested || named.link === "or") return false;
  const firstWords = (some: readonly Pipeline[]) =>
    some.flatMap(({ stages }) => stages.map(({ command }) => command.words[0] ?? ""));
  const [before, after] = [pipelines.slice(0, at), pipelines.slice(at + 1)];
  if (firstWords([...before, ...after]).some(waits)) return false;
  // Only these decide whether the command runs at all.
  const start = before.findLastIndex(({ link }) => link !== "and");
  const conditions = named.link === "and" ? before.slice(Math.max(0, start)) : [];
  if (firstWords([...conditions, ...after]).some(checksCondition)) return false;
  // What only sets the scene afterwards succeeds, if it runs at all.
  return after.every(({ link }) => link === "and");
}

function chainOf(pipelines: readonly Pipeline[], working: readonly Pipeline[], count: number): Chain {
  if (count === 1) return "single";
  const kinds = new Set<Chain>();
  for (const { working: stages } of working) {
    if (stages.length > 1) kinds.add("pipeline");
    if (stages.some(({ command }) => command.nested)) kinds.add("mixed");
  }
  const first = pipelines.indexOf(working[0] as Pipeline);
  for (let n = 1; n < working.length; n += 1) {
    const from = n === 1 ? first + 1 : pipelines.indexOf(working[n - 1] as Pipeline) + 1;
    const to = pipelines.indexOf(working[n] as Pipeline);
    kinds.add(linkBetween(pipelines.slice(from, to + 1)));
  }
  const [only = "mixed", ...others] = kinds;
  return others.length === 0 ? only : "mixed";
}

/** The loosest link between two working commands. */
function linkBetween(pipelines: readonly Pipeline[]): Chain {
  if (pipelines.some(({ link }) => link === "or")) return "mixed";
  return pipelines.some(({ link }) => link === "sequence" || link === "first") ? "sequence" : "and";
}

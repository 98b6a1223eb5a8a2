/** The closed lists that a stored word must be on. Loaded once; a program's subcommands are split when first asked for. */
import commands from "../../shared/vocabulary/commands.json" with { type: "json" };
import { models } from "../../shared/vocabulary/models.ts";
import { canonicalTools, customTool, mcpName, mcpTool } from "../../shared/vocabulary/tools.ts";
import { other } from "./platform.ts";

const programs = new Map<string, string>(Object.entries(commands.programs));
const subcommands = new Map<string, ReadonlySet<string>>();

export function isProgram(word: string): boolean {
  return programs.has(word);
}

/** Whether `path` ("remote add") is a public subcommand of `program`. */
export function isSubcommand(program: string, path: string): boolean {
  let known = subcommands.get(program);
  if (known === undefined) {
    const list = programs.get(program);
    // Nothing is remembered of a word that is on no list.
    if (list === undefined) return false;
    known = new Set(list.split("|"));
    subcommands.set(program, known);
  }
  return known.has(path);
}

/** Tools of Nexus name their own commands without the program: `status`, `skills search` (usage aggregation). */
const ownProgram = "nexus";

/** A program with its subcommands, a command of Nexus's own, or `other`. */
export function isCommandPath(path: string): boolean {
  if (path === other || isSubcommand(ownProgram, path)) return true;
  const space = path.indexOf(" ");
  return space === -1 ? isProgram(path) : isSubcommand(path.slice(0, space), path.slice(space + 1));
}

/** More words no public command has. */
const mostWords = 4;

/** The command that a writer names: the longest beginning that is a command path; what follows is an argument. */
export function namedCommand(name: string): string {
  const words = name.slice(0, 256).trim().split(/\s+/, mostWords);
  for (let length = words.length; length > 0; length -= 1) {
    const path = words.slice(0, length).join(" ");
    if (isCommandPath(path)) return path;
  }
  return other;
}

export const canonicalNames: ReadonlyMap<string, string> = new Map<string, string>(
  Object.entries(canonicalTools).flatMap(([canonical, names]) =>
    [canonical, ...names].map((name) => [name, canonical] as const),
  ),
);

/** The canonical name of a tool, `mcp`, or `custom`. */
export function canonicalTool(name: string): string {
  return canonicalNames.get(name) ?? (name === mcpTool || mcpName.test(name) ? mcpTool : customTool);
}

/** Whether the tool's name is the user's own. */
export function isUsersOwn(canonical: string): boolean {
  return canonical === mcpTool || canonical === customTool;
}

const knownModels: ReadonlySet<string> = new Set(models);
/** Provider and region before the name, date and revision after it. */
export const modelPrefix =
  /^(?:(?:us|eu|apac|global)\.)?(?:(?:anthropic|openai|google|meta|mistralai|mistral|deepseek|qwen|x-ai|moonshotai|vertex_ai|bedrock|azure|models|copilot|github_copilot|openrouter)[./]){0,2}/;
export const modelSuffix =
  /(?:[-@](?:\d{8}|\d{4}-\d{2}-\d{2}|latest|preview|exp|\d{3,4}))?(?:-v\d(?::\d)?)?(?:\[1m\]|:free|:thinking|-thinking|-fast|-high|-low|-medium|-xhigh)?$/;

/** The public name of a model, without provider, date and effort, or `other`. */
export function model(name: string): string {
  if (name.length > 100) return other;
  const lower = name.toLowerCase();
  if (knownModels.has(lower)) return lower;
  const bare = lower.replace(modelPrefix, "").replace(modelSuffix, "");
  return knownModels.has(bare) ? bare : other;
}

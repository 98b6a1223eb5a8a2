/** Maps tool and model names to public names; all others become `custom`, `mcp` or `other`. */
import { mcpServerOf } from "../../shared/vocabulary/mcp-servers.ts";
import { isPublicModel } from "../../shared/vocabulary/models.ts";
import { canonicalTools, customTool, mcpName, mcpTool, mcpTools } from "../../shared/vocabulary/tools.ts";
import { other } from "./platform.ts";

export const canonicalNames: ReadonlyMap<string, string> = new Map<string, string>(
  Object.entries(canonicalTools)
    .flatMap(([canonical, names]) => [canonical, ...names].map((name) => [name, canonical] as const))
    .concat(mcpTools.map((name) => [name, mcpTool] as const)),
);

/** Returns the canonical name of a tool, `mcp`, or `custom`. */
export function canonicalTool(name: string): string {
  const isMcp = name === mcpTool || mcpName.test(name) || mcpServerOf(name) !== undefined;
  return canonicalNames.get(name) ?? (isMcp ? mcpTool : customTool);
}

/** Returns the canonical name; for a tool of a public MCP server `mcp__` and the server, so that it is kept on the way. */
export function reportedTool(name: string): string {
  const canonical = canonicalTool(name);
  const server = isUserDefined(canonical) ? mcpServerOf(name) : undefined;
  return server === undefined ? canonical : `mcp__${server}`;
}

/** Returns whether a canonical name represents a user-defined tool name. */
export function isUserDefined(canonical: string): boolean {
  return canonical === mcpTool || canonical === customTool;
}

/** Prefixes of model names, followed by a dot or a slash. */
export const modelProviders = [
  "anthropic",
  "openai",
  "google",
  "meta",
  "mistralai",
  "mistral",
  "deepseek",
  "qwen",
  "x-ai",
  "moonshotai",
  "vertex_ai",
  "bedrock",
  "azure",
  "models",
  "copilot",
  "github_copilot",
  "openrouter",
] as const;

/** Path, region and provider before the name; date, revision and efforts after it. */
export const modelPrefix: RegExp = new RegExp(
  `^(?:.*/)?(?:(?:us-gov|us|eu|apac|global|jp|au|ca|sa)\\.)?(?:(?:${modelProviders.join("|")})\\.)?`,
);
export const modelSuffix =
  /(?:[-@](?:\d{8}|\d{4}-\d{2}-\d{2}|latest|default|preview(?:-\d{2}-\d{2}(?:\d{2})?)?|exp|\d{3,4}))?(?:-v?\d:\d|-v\d)?(?:\[1m\]|:free|:beta|:nitro|:online|:extended|:thinking|-thinking|-1m|-fast|-extra-high|-xhigh|-high|-medium|-low){0,3}$/;

/** Claude's names in the order of Cursor (`claude-4-5-sonnet`), except those that Anthropic gave. */
const reordered = /^claude-([4-9])(-[0-9])?-(opus|sonnet|haiku|fable|mythos)$/;

/** Returns the public name of a model without provider, date and effort, or `other`. */
export function publicModel(name: string): string {
  if (name.length > 100) return other;
  const lower = name.toLowerCase();
  if (isPublicModel(lower)) return lower;
  const bare = lower.replace(modelPrefix, "").replace(modelSuffix, "");
  // Cursor leaves out "claude".
  const named = /^(?:opus|sonnet|haiku|fable)-\d/.test(bare) ? `claude-${bare}` : bare;
  const spelled = named.startsWith("claude-") ? named.replaceAll(".", "-").replace(reordered, "claude-$3-$1$2") : named;
  return isPublicModel(spelled) ? spelled : other;
}

/**
 * The field table: type, category, sensitivity, purpose, sharing, retention and review date of
 * every field.
 *
 * A field has the same meaning in every event type, so it has one database column, one validator
 * and one row in the data dictionary. Unclassified and free-text fields do not compile.
 */

import {
  activities,
  agentRoles,
  contextSizes,
  efforts,
  endReasons,
  requestSpeeds,
  startReasons,
} from "../vocabulary/agent-reports.ts";
import { agents } from "../vocabulary/agents.ts";
import { debuggerTypes, taskGroups, taskTypes } from "../vocabulary/debugging.ts";
import { errorCategories, errorCodes } from "../vocabulary/errors.ts";
import { discoverySources, features, milestones } from "../vocabulary/features.ts";
import { languages } from "../vocabulary/languages.ts";
import { mcpServers } from "../vocabulary/mcp-servers.ts";
import { architectures, editors, installMethods, invocationKinds, systems } from "../vocabulary/platforms.ts";
import { templates } from "../vocabulary/templates.ts";
import { profiles, thinktools } from "../vocabulary/thinktools.ts";
import { toolNames } from "../vocabulary/tools.ts";
import type { Category } from "./categories.ts";
import { dayMs } from "./durations.ts";
import type { FieldType } from "./field-types.ts";

/** `technical`: about the software. `interaction`: what was done. `pseudonymous`: links events. */
export const sensitivities = ["technical", "interaction", "pseudonymous"] as const;
export type Sensitivity = (typeof sensitivities)[number];

/** The upload schemas that contain a field. */
export const sharingForms = ["never", "schema_2", "schema_1_and_2"] as const;
export type SharingForm = (typeof sharingForms)[number];

/** `event`: deleted with its event. `total`: also kept in rollups, without the event. */
export const retentions = ["event", "total"] as const;
export type Retention = (typeof retentions)[number];

export interface Field {
  readonly type: FieldType;
  readonly category: Category;
  readonly sensitivity: Sensitivity;
  readonly shared: SharingForm;
  readonly retention: Retention;
  /** First version of the product with this field. */
  readonly since: `${number}.${number}.${number}`;
  /** Year and month in which the need for this field is reviewed; the build fails after that. */
  readonly review: `${number}-${number}`;
  readonly description: string;
  readonly purpose: string;
}

/** Longer durations are refused: 30 days, in milliseconds. */
export const maxDurationMs = 30 * dayMs;

export const exitClasses = [
  "success",
  "negative",
  "failure",
  "not_executable",
  "not_found",
  "interrupted",
  "killed",
  "unknown",
] as const;
export type ExitClass = (typeof exitClasses)[number];

/** How the working commands of a command line are joined. */
export const chains = ["single", "and", "sequence", "pipeline", "mixed"] as const;
export type Chain = (typeof chains)[number];

/** Whose exit status and duration an event holds: the named command's, a whole line's, or a session's. */
export const outcomesOf = ["command", "line", "session"] as const;
export type OutcomeOf = (typeof outcomesOf)[number];

export const statuses = ["ok", "failed", "cancelled", "unknown"] as const;
export type OutcomeStatus = (typeof statuses)[number];

const enumOf = <const W extends readonly string[]>(values: W) => ({ type: "enum", values }) as const;
const integer = (min: number, max: number) => ({ type: "integer", min, max }) as const;
const version = { type: "identifier", pattern: "version" } as const;
const boolean = { type: "boolean" } as const;
const hash = { type: "hash" } as const;
const score = { type: "decimal", min: 0, max: 1, decimals: 2 } as const;
const milliseconds = integer(0, maxDurationMs);
const tokens = integer(0, 1_000_000_000);
const count = (max: number) => integer(0, max);

type Classification = Pick<Field, "category" | "sensitivity" | "shared" | "retention" | "since" | "review">;

const since010 = { since: "0.1.0", review: "2027-11" } as const;
const since020 = { since: "0.2.0", review: "2027-11" } as const;

const tool = {
  category: "tool_usage",
  sensitivity: "interaction",
  retention: "total",
  shared: "schema_2",
  ...since020,
} as const satisfies Classification;
const command = { ...tool, category: "command_usage" } as const satisfies Classification;
/** About the command line that a command was part of. */
const line = { ...command, shared: "never", since: "0.9.0" } as const satisfies Classification;
/** What agents report of a request or a session, from the version that reads it. */
const agentDetail = { ...tool, since: "0.9.0" } as const satisfies Classification;
const performance = { ...tool, category: "performance" } as const satisfies Classification;
const error = { ...tool, category: "error_types" } as const satisfies Classification;
const session = {
  category: "session_metadata",
  sensitivity: "technical",
  retention: "total",
  shared: "schema_2",
  ...since020,
} as const satisfies Classification;
const workspace = { ...tool, category: "workspaces_tasks" } as const satisfies Classification;
const nameHash = {
  category: "workspaces_tasks",
  sensitivity: "pseudonymous",
  retention: "total",
  shared: "never",
  ...since020,
} as const satisfies Classification;
const activity = { ...tool, category: "editor_activity" } as const satisfies Classification;
const feature = { ...tool, category: "features", retention: "event" } as const satisfies Classification;
const lifecycle = {
  category: "lifecycle",
  sensitivity: "technical",
  retention: "event",
  shared: "schema_2",
  ...since020,
} as const satisfies Classification;
const platform = { ...lifecycle, category: "platform" } as const satisfies Classification;
const upgrade = { ...lifecycle, category: "upgrade", sensitivity: "interaction" } as const satisfies Classification;
const experiment = { ...lifecycle, category: "experiments" } as const satisfies Classification;

export const fields = {
  stream: {
    ...tool,
    ...since010,
    shared: "never",
    type: enumOf(["tool"]),
    description: "Type of the agent event.",
    purpose: "Distinguishes tool calls from other agent events.",
  },
  tool_name: {
    ...tool,
    ...since010,
    shared: "schema_1_and_2",
    type: enumOf(toolNames),
    description: "Public name of the tool, such as run_terminal_cmd; mcp or custom for tools without a public name.",
    purpose: "Shows which tools are used and which of them fail.",
  },
  tool_phase: {
    ...tool,
    ...since010,
    shared: "schema_1_and_2",
    type: enumOf(["start", "end"]),
    description: "Whether the tool call started or ended.",
    purpose: "Detects tool calls that never end.",
  },
  tool_hash: {
    ...nameHash,
    category: "tool_usage",
    type: hash,
    description: "Salted hash of the name of an MCP or custom tool.",
    purpose: "Distinguishes custom tools from each other, on this machine only.",
  },
  mcp_server: {
    ...agentDetail,
    type: enumOf(mcpServers),
    description: "Public name of the tool's MCP server, such as github; nothing for servers that are not on the list.",
    purpose: "Shows which public MCP servers are used, slow or failing.",
  },
  caller_hash: {
    ...nameHash,
    category: "tool_usage",
    since: "0.7.0",
    type: hash,
    description: "Salted hash of the ID of the extension that recorded the event through the extension API.",
    purpose: "Distinguishes the events of different extensions, on this machine only.",
  },
  agent: {
    ...tool,
    type: enumOf(agents),
    description: "Public name of the agent that made the tool call.",
    purpose: "Shows which agents use which tools.",
  },
  activity: {
    ...tool,
    since: "0.7.0",
    type: enumOf(activities),
    description: "What the agent did, other than a tool call.",
    purpose: "Shows turns, delegated work, questions to the user, and how often agents run out of context.",
  },
  agent_role: {
    ...agentDetail,
    type: enumOf(agentRoles),
    description: "Whether the main agent or one of its subagents did it.",
    purpose: "Shows the share of subagents in time, failures and cost.",
  },
  start_reason: {
    ...session,
    since: "0.9.0",
    type: enumOf(startReasons),
    description: "Why the agent's session started, such as resume.",
    purpose: "Distinguishes new sessions from those that go on.",
  },
  end_reason: {
    ...session,
    since: "0.9.0",
    type: enumOf(endReasons),
    description: "Why the agent's session ended, such as logout.",
    purpose: "Shows how sessions end.",
  },
  lines_added: {
    ...agentDetail,
    type: count(10_000_000),
    description: "Number of lines that the agent added to files. Never the lines.",
    purpose: "Shows how much code an agent writes.",
  },
  lines_removed: {
    ...agentDetail,
    type: count(10_000_000),
    description: "Number of lines that the agent removed from files. Never the lines.",
    purpose: "Shows how much code an agent replaces.",
  },
  edits_accepted: {
    ...agentDetail,
    type: count(1_000_000),
    description: "Number of the agent's edits that the user accepted.",
    purpose: "Shows which agents' edits are kept.",
  },
  edits_rejected: {
    ...agentDetail,
    type: count(1_000_000),
    description: "Number of the agent's edits that the user rejected.",
    purpose: "Shows which agents' edits are not kept.",
  },
  commits: {
    ...agentDetail,
    type: count(1_000_000),
    description: "Number of commits that the agent made.",
    purpose: "Shows what an agent's cost leads to.",
  },
  pull_requests: {
    ...agentDetail,
    type: count(1_000_000),
    description: "Number of pull requests that the agent opened.",
    purpose: "Shows what an agent's cost leads to.",
  },
  active_ms: {
    ...agentDetail,
    type: milliseconds,
    description: "Time in which the agent was used actively, as reported by the agent, in milliseconds.",
    purpose: "Distinguishes work from open sessions.",
  },
  command_path: {
    ...command,
    ...since010,
    shared: "schema_1_and_2",
    type: { type: "command_path" },
    description: "Public program and subcommand, such as git commit, or other. Never arguments.",
    purpose: "Shows which commands are used, slow or failing.",
  },
  chain: {
    ...line,
    type: enumOf(chains),
    description: "How the commands of the line were joined, not counting those that only set the scene, such as cd.",
    purpose: "Distinguishes a single command from one whose status may be another command's.",
  },
  command_count: {
    ...line,
    retention: "event",
    type: count(10_000),
    description: "Number of commands in the line, not counting those that only set the scene.",
    purpose: "Shows how much one line does.",
  },
  outcome_of: {
    ...line,
    type: enumOf(outcomesOf),
    description:
      "Whether status, exit class and duration are those of the command, of the whole line, or of a session in which the program waited for the user.",
    purpose: "Keeps the failures of other commands and the time of the user out of a command's statistics.",
  },
  invocation_kind: {
    ...command,
    shared: "schema_1_and_2",
    type: enumOf(invocationKinds),
    description: "How a command of the product was started.",
    purpose: "Shows which distributions are used.",
  },
  profile: {
    ...command,
    type: enumOf(profiles),
    description: "Public profile of the command, such as balanced.",
    purpose: "Shows which profiles are used.",
  },
  thinktool: {
    ...tool,
    type: enumOf(thinktools),
    description: "Public name of the ThinkTool.",
    purpose: "Shows which ThinkTools are used.",
  },
  thinktool_chain: {
    ...tool,
    retention: "event",
    type: { type: "enum_list", values: thinktools, maxItems: 16 },
    description: "ThinkTools of the command, in order.",
    purpose: "Shows which chains are used.",
  },
  thinktool_count: {
    ...tool,
    type: count(255),
    description: "Number of ThinkTools that the command chained.",
    purpose: "Shows how long chains are.",
  },
  step_count: {
    ...tool,
    type: count(10_000),
    description: "Number of steps that the ThinkTool executed.",
    purpose: "Shows how much work a ThinkTool does.",
  },
  step: {
    ...tool,
    retention: "event",
    type: count(10_000),
    description: "Number of the step, starting at 0.",
    purpose: "Shows which step is slow or fails.",
  },
  completed: {
    ...tool,
    type: boolean,
    description: "Whether the ThinkTool ran to completion.",
    purpose: "Shows how often ThinkTools are cancelled.",
  },
  model: {
    ...tool,
    type: { type: "model" },
    description: "Public name of the language model, without provider and date.",
    purpose: "Shows which models are used and what they cost.",
  },
  tokens_input: {
    ...tool,
    type: tokens,
    description: "Number of input tokens.",
    purpose: "Used to compute cost.",
  },
  tokens_output: {
    ...tool,
    type: tokens,
    description: "Number of output tokens.",
    purpose: "Used to compute cost.",
  },
  tokens_cached: {
    ...tool,
    type: tokens,
    description: "Number of input tokens that were read from the provider's cache.",
    purpose: "Used to compute cost.",
  },
  tokens_cache_read: {
    ...agentDetail,
    type: tokens,
    description: "Number of input tokens of a model request that were read from the provider's cache.",
    purpose: "Used to compute cost.",
  },
  tokens_cache_write_5m: {
    ...agentDetail,
    type: tokens,
    description: "Number of input tokens that were written to the provider's cache for 5 minutes.",
    purpose: "Used to compute cost.",
  },
  tokens_cache_write_1h: {
    ...agentDetail,
    type: tokens,
    description: "Number of input tokens that were written to the provider's cache for 1 hour.",
    purpose: "Used to compute cost.",
  },
  tokens_reasoning: {
    ...agentDetail,
    type: tokens,
    description: "Number of output tokens that the model used for reasoning.",
    purpose: "Shows what a longer reasoning costs.",
  },
  context_size: {
    ...agentDetail,
    shared: "never",
    type: enumOf(contextSizes),
    description: "Whether the input of the request was so long that providers charge more. Derived.",
    purpose: "Used to compute cost.",
  },
  effort: {
    ...agentDetail,
    type: enumOf(efforts),
    description: "Reasoning effort that was selected for the request.",
    purpose: "Compares cost and duration of efforts.",
  },
  speed: {
    ...agentDetail,
    type: enumOf(requestSpeeds),
    description: "Speed that was selected for the request.",
    purpose: "Compares cost and duration of speeds.",
  },
  tokens_used: {
    ...tool,
    type: tokens,
    description: "Total number of tokens that the ThinkTool used.",
    purpose: "Used to compute cost.",
  },
  cost_microusd: {
    ...tool,
    since: "0.7.0",
    type: count(10_000_000_000),
    description: "Cost of the model request in millionths of a US dollar, as reported by the agent.",
    purpose: "Shows the cost that agents report.",
  },
  status: {
    ...error,
    ...since010,
    shared: "schema_1_and_2",
    type: enumOf(statuses),
    description: "Outcome of the run, call or operation.",
    purpose: "Used to compute the success rate.",
  },
  exit_class: {
    ...error,
    ...since010,
    type: enumOf(exitClasses),
    description: "Exit status: the class of the exit code; negative for an answer such as no match. Never any output.",
    purpose: "Distinguishes a missing program from a failing one.",
  },
  error_category: {
    ...error,
    type: enumOf(errorCategories),
    description: "Type of the error, never its message.",
    purpose: "Shows which types of errors occur.",
  },
  error_code: {
    ...error,
    type: enumOf(errorCodes),
    description: "Public error code, or other.",
    purpose: "Shows the exact cause of an error.",
  },
  recoverable: {
    ...error,
    type: boolean,
    description: "Whether the product could continue.",
    purpose: "Shows how severe errors are.",
  },
  retry_count: {
    ...error,
    type: count(10_000),
    description: "Number of retries.",
    purpose: "Shows whether retries help.",
  },
  component: {
    ...error,
    type: enumOf(["extension", "worker", "cli", "page", "sdk", "other"]),
    description: "Component of the product that failed.",
    purpose: "Shows which component needs fixing.",
  },
  duration_ms: {
    ...performance,
    ...since010,
    type: milliseconds,
    description: "Duration in milliseconds.",
    purpose: "Shows what is slow.",
  },
  llm_latency_ms: {
    ...performance,
    type: milliseconds,
    description: "Time spent waiting for the model, in milliseconds.",
    purpose: "Distinguishes a slow model from slow software.",
  },
  processing_ms: {
    ...performance,
    type: milliseconds,
    description: "Time spent processing on this machine, in milliseconds.",
    purpose: "Distinguishes a slow model from slow software.",
  },
  cache_hit: {
    ...performance,
    type: boolean,
    description: "Whether the result came from the cache.",
    purpose: "Shows how much the cache saves.",
  },
  confidence_score: {
    ...performance,
    type: score,
    description: "Confidence score of the result, from 0 to 1. Computed; contains no content.",
    purpose: "Shows the quality of results.",
  },
  coherence_score: {
    ...performance,
    type: score,
    description: "Coherence score of the result, from 0 to 1. Computed; contains no content.",
    purpose: "Shows the quality of results.",
  },
  depth_score: {
    ...performance,
    type: score,
    description: "Depth score of the result, from 0 to 1. Computed; contains no content.",
    purpose: "Shows the quality of results.",
  },
  dropped_count: {
    ...session,
    ...since010,
    type: integer(1, 1_000_000_000),
    description: "Number of lost events.",
    purpose: "Shows how complete the recorded data is.",
  },
  query_count: {
    ...session,
    type: count(1_000_000),
    description: "Number of queries or commands in the session.",
    purpose: "Shows how much is done in a session.",
  },
  workspace_hash: {
    ...nameHash,
    type: hash,
    description: "Salted hash of the workspace name.",
    purpose: "Distinguishes workspaces, on this machine only.",
  },
  task_hash: {
    ...nameHash,
    type: hash,
    description: "Salted hash of the task name.",
    purpose: "Distinguishes tasks, on this machine only.",
  },
  template: {
    ...workspace,
    type: enumOf(templates),
    description: "Public type of the workspace's template, or custom.",
    purpose: "Shows which templates are used.",
  },
  services_count: {
    ...workspace,
    type: count(10_000),
    description: "Number of services in the workspace.",
    purpose: "Shows how large workspaces are.",
  },
  ports_used: {
    ...workspace,
    type: count(65_535),
    description: "Number of ports that the workspace uses, never the port numbers.",
    purpose: "Shows how large workspaces are.",
  },
  phase: {
    ...activity,
    type: enumOf(["start", "end"]),
    description: "Whether the task or debug session started or ended.",
    purpose: "Detects tasks and debug sessions that never end.",
  },
  task_type: {
    ...activity,
    type: enumOf(taskTypes),
    description: "Public type of the VS Code task, or other. Never its name.",
    purpose: "Shows which types of tasks are run.",
  },
  task_group: {
    ...activity,
    type: enumOf(taskGroups),
    description: "Group of the VS Code task, such as build.",
    purpose: "Shows how often projects are built and tested.",
  },
  debugger_type: {
    ...activity,
    type: enumOf(debuggerTypes),
    description: "Public type of the debugger, or other.",
    purpose: "Shows which debuggers are used.",
  },
  language: {
    ...activity,
    type: enumOf(languages),
    description: "Public ID of the programming language, or other.",
    purpose: "Shows how time is divided between languages.",
  },
  focus_ms: {
    ...activity,
    type: integer(0, dayMs),
    description: "Focus time of editors in this language, in milliseconds.",
    purpose: "Shows how time is divided between languages.",
  },
  saves: {
    ...activity,
    type: count(100_000),
    description: "Number of saves of files in this language.",
    purpose: "Shows how work is divided between languages.",
  },
  feature: {
    ...feature,
    type: enumOf(features),
    description: "Public name of the feature.",
    purpose: "Shows which features are discovered and used.",
  },
  discovery_source: {
    ...feature,
    type: enumOf(discoverySources),
    description: "How the feature was discovered.",
    purpose: "Shows what helps users to discover features.",
  },
  milestone: {
    ...feature,
    type: enumOf(milestones),
    description: "Number of uses that was reached.",
    purpose: "Shows which features are adopted.",
  },
  install_method: {
    ...lifecycle,
    type: enumOf(installMethods),
    description: "How the product was installed.",
    purpose: "Shows which installation methods are used.",
  },
  install_error: {
    ...lifecycle,
    type: enumOf([
      "network_error",
      "permission_denied",
      "disk_space",
      "dependency_missing",
      "architecture_mismatch",
      "unknown",
    ]),
    description: "Type of the installation error, never its message.",
    purpose: "Shows why installations fail.",
  },
  binary_size_bytes: {
    ...lifecycle,
    type: count(10_000_000_000),
    description: "Size of the installation in bytes.",
    purpose: "Shows how large installations are.",
  },
  current_version: {
    ...lifecycle,
    type: version,
    description: "Version of the product before the update.",
    purpose: "Shows update adoption by old version.",
  },
  available_version: {
    ...lifecycle,
    type: version,
    description: "Version of the product that the update installs.",
    purpose: "Shows update adoption by new version.",
  },
  days_since_release: {
    ...lifecycle,
    type: count(10_000),
    description: "Days since the available version was released.",
    purpose: "Shows update adoption by age of a release.",
  },
  days_since_install: {
    ...lifecycle,
    type: count(36_500),
    description: "Days since the product was installed.",
    purpose: "Shows how long the product stays installed.",
  },
  total_sessions: {
    ...lifecycle,
    type: count(10_000_000),
    description: "Number of sessions before the product was removed.",
    purpose: "Shows how much the product was used before its removal.",
  },
  version: {
    ...platform,
    type: version,
    description: "Version of the product.",
    purpose: "Shows which versions are in use.",
  },
  os: {
    ...platform,
    type: enumOf(systems),
    description: "Operating system.",
    purpose: "Shows which systems to support.",
  },
  arch: {
    ...platform,
    type: enumOf(architectures),
    description: "Processor architecture.",
    purpose: "Shows which architectures to support.",
  },
  editor: {
    ...platform,
    type: enumOf(editors),
    description: "Editor in which the extension runs.",
    purpose: "Shows which editors to support.",
  },
  upgrade_feature: {
    ...upgrade,
    type: enumOf(features),
    description: "Feature for which the upgrade was offered.",
    purpose: "Shows which features motivate upgrades.",
  },
  trial_days: {
    ...upgrade,
    type: count(366),
    description: "Length of the trial in days.",
    purpose: "Shows how trial length affects upgrades.",
  },
  trial_converted: {
    ...upgrade,
    type: boolean,
    description: "Whether the trial led to an upgrade.",
    purpose: "Shows how many trials lead to upgrades.",
  },
  experiment: {
    ...experiment,
    type: { type: "identifier", pattern: "experiment" },
    description: "ID of the experiment, such as exp-12.",
    purpose: "Compares the variations of an experiment.",
  },
  variant: {
    ...experiment,
    type: enumOf(["control", "a", "b", "c", "d"]),
    description: "Variation of the experiment that was shown.",
    purpose: "Compares the variations of an experiment.",
  },
} as const satisfies Readonly<Record<string, Field>>;

export type FieldName = keyof typeof fields;
export const fieldNames = Object.keys(fields) as readonly FieldName[];

/** The same table with widened types, for code that iterates over it. */
export const fieldTable: Readonly<Record<FieldName, Field>> = fields;

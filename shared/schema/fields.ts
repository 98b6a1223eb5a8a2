/**
 * Every field that an event may carry, each defined once: what it holds, whose consent it needs, how sensitive it is,
 * what it is for, whether it is ever shared, how long it lives, and when it is to be looked at again.
 *
 * A field has the same meaning in every event that carries it, so it has one column, one line in the data dictionary
 * and one check. A field without a classification, or that could hold free text, does not compile.
 */

import { agents } from "../vocabulary/agents.ts";
import { debuggerTypes, taskGroups, taskTypes } from "../vocabulary/debugging.ts";
import { errorCategories, errorCodes } from "../vocabulary/errors.ts";
import { discoverySources, features, milestones } from "../vocabulary/features.ts";
import { languages } from "../vocabulary/languages.ts";
import { models } from "../vocabulary/models.ts";
import { architectures, editors, installMethods, invocationKinds, systems } from "../vocabulary/platforms.ts";
import { templates } from "../vocabulary/templates.ts";
import { profiles, thinktools } from "../vocabulary/thinktools.ts";
import { toolNames } from "../vocabulary/tools.ts";
import type { Category } from "./categories.ts";
import type { FieldType } from "./field-types.ts";

/** How much a value says of a person: of the software; of what was done; or it links events of one thing. */
export const sensitivities = ["technical", "interaction", "pseudonymous"] as const;
export type Sensitivity = (typeof sensitivities)[number];

/** In which upload schemas a field is: none, only the second, or both. */
export const sharingForms = ["never", "schema_2", "schema_1_and_2"] as const;
export type SharingForm = (typeof sharingForms)[number];

/** `event`: goes with its event. `total`: also stays in hourly and daily totals, without the event. */
export const retentions = ["event", "total"] as const;
export type Retention = (typeof retentions)[number];

export interface Field {
  readonly type: FieldType;
  readonly category: Category;
  readonly sensitivity: Sensitivity;
  readonly shared: SharingForm;
  readonly retention: Retention;
  /** The version of the product that first had it. */
  readonly since: `${number}.${number}.${number}`;
  /** The month in which it is asked again whether it is needed: year and month. */
  readonly review: `${number}-${number}`;
  readonly description: string;
  readonly purpose: string;
}

/** The longest time that is recorded as a duration: 30 days, in milliseconds. */
export const maxDurationMs = 30 * 24 * 60 * 60 * 1000;

export const exitClasses = [
  "success",
  "failure",
  "not_executable",
  "not_found",
  "interrupted",
  "killed",
  "unknown",
] as const;
export type ExitClass = (typeof exitClasses)[number];

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
    description: "The kind of agent event.",
    purpose: "Tells tool uses from other agent events.",
  },
  tool_name: {
    ...tool,
    ...since010,
    shared: "schema_1_and_2",
    type: enumOf(toolNames),
    description: "The public name of the tool, such as run_terminal_cmd; mcp or custom for one of the user's own.",
    purpose: "Which tools are used, and which of them fail.",
  },
  tool_phase: {
    ...tool,
    ...since010,
    shared: "schema_1_and_2",
    type: enumOf(["start", "end"]),
    description: "Whether the use began or ended.",
    purpose: "Finds uses that never ended.",
  },
  tool_hash: {
    ...nameHash,
    category: "tool_usage",
    type: hash,
    description: "A salted hash of the name of an MCP or custom tool, whose name is the user's.",
    purpose: "Tells one tool of the user's own from another, on this machine alone.",
  },
  caller_hash: {
    ...nameHash,
    category: "tool_usage",
    since: "0.7.0",
    type: hash,
    description: "A salted hash of the id of the extension that recorded the event through the programming interface.",
    purpose: "Tells the events of one extension from those of another, on this machine alone.",
  },
  agent: {
    ...tool,
    type: enumOf(agents),
    description: "The public name of the agent that used the tool.",
    purpose: "Which agent uses which tools.",
  },
  activity: {
    ...tool,
    since: "0.7.0",
    type: enumOf(["compaction", "subagent_started", "subagent_ended"]),
    description: "What an agent did beside using tools.",
    purpose: "How often agents run out of context, and how often they delegate.",
  },
  command_path: {
    ...command,
    ...since010,
    shared: "schema_1_and_2",
    type: { type: "command_path" },
    description: "Public program and subcommand, such as git commit, or other. Never an argument.",
    purpose: "Which commands are used, slow or failing.",
  },
  invocation_kind: {
    ...command,
    shared: "schema_1_and_2",
    type: enumOf(invocationKinds),
    description: "How a command of the product was started.",
    purpose: "Which ways of installing are used.",
  },
  profile: {
    ...command,
    type: enumOf(profiles),
    description: "The public profile of a command, such as balanced.",
    purpose: "Which profiles are used.",
  },
  thinktool: {
    ...tool,
    type: enumOf(thinktools),
    description: "The public name of a ThinkTool.",
    purpose: "Which ThinkTools are used.",
  },
  thinktool_chain: {
    ...tool,
    retention: "event",
    type: { type: "enum_list", values: thinktools, maxItems: 16 },
    description: "The ThinkTools of a command, in order.",
    purpose: "Which chains are used.",
  },
  thinktool_count: {
    ...tool,
    type: count(255),
    description: "How many ThinkTools a command chained.",
    purpose: "How long chains are.",
  },
  step_count: {
    ...tool,
    type: count(10_000),
    description: "How many steps a ThinkTool executed.",
    purpose: "What a use consists of.",
  },
  step: {
    ...tool,
    retention: "event",
    type: count(10_000),
    description: "The number of the step, from 0.",
    purpose: "Where a use is slow or fails.",
  },
  completed: {
    ...tool,
    type: boolean,
    description: "Whether a ThinkTool ran to its end.",
    purpose: "How often uses are cancelled.",
  },
  model: {
    ...tool,
    type: enumOf(models),
    description: "The public name of the language model, without provider and date.",
    purpose: "Which models are used, and what that costs.",
  },
  tokens_input: {
    ...tool,
    type: tokens,
    description: "Tokens that went into the model.",
    purpose: "What uses cost.",
  },
  tokens_output: {
    ...tool,
    type: tokens,
    description: "Tokens that came out of the model.",
    purpose: "What uses cost.",
  },
  tokens_cached: {
    ...tool,
    type: tokens,
    description: "Input tokens that the provider had cached.",
    purpose: "What uses cost.",
  },
  tokens_used: {
    ...tool,
    type: tokens,
    description: "Tokens that a ThinkTool used altogether.",
    purpose: "What uses cost.",
  },
  cost_microusd: {
    ...tool,
    since: "0.7.0",
    type: count(10_000_000_000),
    description: "What a request to a model cost in millionths of a US dollar, as the agent itself says.",
    purpose: "What uses cost.",
  },
  status: {
    ...error,
    ...since010,
    shared: "schema_1_and_2",
    type: enumOf(statuses),
    description: "How it ended.",
    purpose: "Success rate.",
  },
  exit_class: {
    ...error,
    ...since010,
    type: enumOf(exitClasses),
    description: "The class of the exit code, never the output.",
    purpose: "Tells a missing program from a failing one.",
  },
  error_category: {
    ...error,
    type: enumOf(errorCategories),
    description: "What kind of error it was, never its message.",
    purpose: "Which kinds of errors happen.",
  },
  error_code: {
    ...error,
    type: enumOf(errorCodes),
    description: "A public code of the error, or other.",
    purpose: "What exactly failed.",
  },
  recoverable: {
    ...error,
    type: boolean,
    description: "Whether the product could go on.",
    purpose: "How bad errors are.",
  },
  retry_count: {
    ...error,
    type: count(10_000),
    description: "How often it was tried again.",
    purpose: "What retries achieve.",
  },
  component: {
    ...error,
    type: enumOf(["extension", "worker", "cli", "page", "sdk", "other"]),
    description: "The part of the product that failed.",
    purpose: "Which part needs mending.",
  },
  duration_ms: {
    ...performance,
    ...since010,
    type: milliseconds,
    description: "How long it took, in milliseconds.",
    purpose: "What is slow.",
  },
  llm_latency_ms: {
    ...performance,
    type: milliseconds,
    description: "The part of the duration spent waiting for the model, in milliseconds.",
    purpose: "Tells a slow model from slow software.",
  },
  processing_ms: {
    ...performance,
    type: milliseconds,
    description: "The part of the duration spent on this machine, in milliseconds.",
    purpose: "Tells a slow model from slow software.",
  },
  cache_hit: {
    ...performance,
    type: boolean,
    description: "Whether the result came from the cache.",
    purpose: "How much the cache saves.",
  },
  confidence_score: {
    ...performance,
    type: score,
    description: "Confidence of the result, from 0 to 1; computed, not content.",
    purpose: "Quality of results.",
  },
  coherence_score: {
    ...performance,
    type: score,
    description: "Coherence of the result, from 0 to 1; computed, not content.",
    purpose: "Quality of results.",
  },
  depth_score: {
    ...performance,
    type: score,
    description: "Depth of the result, from 0 to 1; computed, not content.",
    purpose: "Quality of results.",
  },
  dropped_count: {
    ...session,
    ...since010,
    type: integer(1, 1_000_000_000),
    description: "How many events were lost.",
    purpose: "Shows gaps in what was captured.",
  },
  query_count: {
    ...session,
    type: count(1_000_000),
    description: "How many queries or commands the session had.",
    purpose: "How much is done in a session.",
  },
  workspace_hash: {
    ...nameHash,
    type: hash,
    description: "A salted hash of the workspace's name.",
    purpose: "Tells one workspace from another, on this machine alone.",
  },
  task_hash: {
    ...nameHash,
    type: hash,
    description: "A salted hash of the task's name.",
    purpose: "Tells one task from another, on this machine alone.",
  },
  template: {
    ...workspace,
    type: enumOf(templates),
    description: "The public kind of template a workspace was made from, or custom.",
    purpose: "Which templates are used.",
  },
  services_count: {
    ...workspace,
    type: count(10_000),
    description: "How many services a workspace has.",
    purpose: "How large workspaces are.",
  },
  ports_used: {
    ...workspace,
    type: count(65_535),
    description: "How many ports a workspace uses; never which.",
    purpose: "How large workspaces are.",
  },
  phase: {
    ...activity,
    type: enumOf(["start", "end"]),
    description: "Whether a task or debug session began or ended.",
    purpose: "Finds what never ended.",
  },
  task_type: {
    ...activity,
    type: enumOf(taskTypes),
    description: "The public type of the task in VS Code, or other; never its name.",
    purpose: "Which kinds of tasks are run.",
  },
  task_group: {
    ...activity,
    type: enumOf(taskGroups),
    description: "The group of the task in VS Code, such as build.",
    purpose: "How often is built and tested.",
  },
  debugger_type: {
    ...activity,
    type: enumOf(debuggerTypes),
    description: "The public type of the debugger, or other.",
    purpose: "Which debuggers are used.",
  },
  language: {
    ...activity,
    type: enumOf(languages),
    description: "The public id of a programming language, or other.",
    purpose: "Which languages time goes to.",
  },
  focus_ms: {
    ...activity,
    type: integer(0, 24 * 60 * 60 * 1000),
    description: "How long an editor of the language had the focus, in milliseconds.",
    purpose: "Which languages time goes to.",
  },
  saves: {
    ...activity,
    type: count(100_000),
    description: "How often files of the language were saved.",
    purpose: "Which languages time goes to.",
  },
  feature: {
    ...feature,
    type: enumOf(features),
    description: "The public name of a feature of the product.",
    purpose: "Which features are found and used.",
  },
  discovery_source: {
    ...feature,
    type: enumOf(discoverySources),
    description: "How the feature was come upon.",
    purpose: "What helps to find features.",
  },
  milestone: {
    ...feature,
    type: enumOf(milestones),
    description: "How often the feature had been used.",
    purpose: "Which features are adopted.",
  },
  install_method: {
    ...lifecycle,
    type: enumOf(installMethods),
    description: "How the product was installed.",
    purpose: "Which ways of installing are used.",
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
    description: "What kind of error an installation failed with, never its message.",
    purpose: "Which installations fail.",
  },
  binary_size_bytes: {
    ...lifecycle,
    type: count(10_000_000_000),
    description: "The size of what was installed, in bytes.",
    purpose: "How large installations are.",
  },
  current_version: {
    ...lifecycle,
    type: version,
    description: "The version of the product before an update.",
    purpose: "How updates spread.",
  },
  available_version: {
    ...lifecycle,
    type: version,
    description: "The version of the product that an update brings.",
    purpose: "How updates spread.",
  },
  days_since_release: {
    ...lifecycle,
    type: count(10_000),
    description: "How many days ago the available version appeared.",
    purpose: "How updates spread.",
  },
  days_since_install: {
    ...lifecycle,
    type: count(36_500),
    description: "How many days the product was installed.",
    purpose: "How long the product is kept.",
  },
  total_sessions: {
    ...lifecycle,
    type: count(10_000_000),
    description: "How many sessions there were before the product was removed.",
    purpose: "How long the product is kept.",
  },
  version: {
    ...platform,
    type: version,
    description: "The version of the product.",
    purpose: "Which versions are in use.",
  },
  os: {
    ...platform,
    type: enumOf(systems),
    description: "The operating system.",
    purpose: "Which systems to support.",
  },
  arch: {
    ...platform,
    type: enumOf(architectures),
    description: "The kind of processor.",
    purpose: "Which systems to support.",
  },
  editor: {
    ...platform,
    type: enumOf(editors),
    description: "The editor the extension runs in.",
    purpose: "Which editors to support.",
  },
  upgrade_feature: {
    ...upgrade,
    type: enumOf(features),
    description: "The feature at which an upgrade was offered.",
    purpose: "What upgrades are asked for.",
  },
  trial_days: {
    ...upgrade,
    type: count(366),
    description: "How many days a trial lasts or lasted.",
    purpose: "What trials lead to.",
  },
  trial_converted: {
    ...upgrade,
    type: boolean,
    description: "Whether a trial became an upgrade.",
    purpose: "What trials lead to.",
  },
  experiment: {
    ...experiment,
    type: { type: "identifier", pattern: "experiment" },
    description: "The number of an experiment, such as exp-12.",
    purpose: "Compares two ways of doing one thing.",
  },
  variant: {
    ...experiment,
    type: enumOf(["control", "a", "b", "c", "d"]),
    description: "Which way of the experiment was shown.",
    purpose: "Compares two ways of doing one thing.",
  },
} as const satisfies Readonly<Record<string, Field>>;

export type FieldName = keyof typeof fields;
export const fieldNames = Object.keys(fields) as readonly FieldName[];

/** The same table, with its types widened for code that walks it. */
export const fieldTable: Readonly<Record<FieldName, Field>> = fields;

/**
 * The event table: every event type with its category and fields (`fields.ts` defines the fields).
 *
 * The firewall's validators, the database columns, the export, the data dictionary, the upload
 * schemas and the dashboard are derived from these two tables.
 */
import type { Category } from "./categories.ts";
import type { ValueOfType } from "./field-types.ts";
import type { FieldName, fields } from "./fields.ts";

/** How a payload is nested in exports and uploads: see `payload-layout.ts`. */
export type Layout = "flat" | "command" | "error";

export interface EventType {
  /** Without consent to this category, events of this type are dropped. */
  readonly category: Category;
  readonly description: string;
  readonly layout: Layout;
  /** The firewall refuses an event that lacks one of these. */
  readonly required: readonly FieldName[];
  readonly optional: readonly FieldName[];
}

/** Hashed context; optional in every type except those about the product itself. */
const hashFields = ["workspace_hash", "task_hash", "caller_hash"] as const;

const tokens = ["tokens_input", "tokens_output", "tokens_cached", "model"] as const;
/** Kinds of tokens that agents report of a request, beside those of a command. */
const requestTokens = [
  "tokens_cache_read",
  "tokens_cache_write_5m",
  "tokens_cache_write_1h",
  "tokens_reasoning",
  "context_size",
] as const;
/** Results of an agent's work, as counted by the agent. */
const results = [
  "lines_added",
  "lines_removed",
  "edits_accepted",
  "edits_rejected",
  "commits",
  "pull_requests",
  "active_ms",
] as const;
const scores = ["confidence_score", "coherence_score", "depth_score"] as const;
const measures = ["template", "services_count", "ports_used"] as const;
const commandStartFields = ["invocation_kind", "profile", "thinktool_chain", "thinktool_count", ...hashFields] as const;
const commandEndFields = [
  ...commandStartFields,
  "status",
  "exit_class",
  "duration_ms",
  "llm_latency_ms",
  "processing_ms",
  ...tokens,
  "cache_hit",
  ...scores,
  "error_category",
  "error_code",
  ...measures,
] as const;
const thinktoolFields = [
  "step_count",
  "duration_ms",
  ...scores,
  "tokens_used",
  "model",
  "profile",
  ...hashFields,
] as const;
const errorFields = [
  "error_code",
  "recoverable",
  "retry_count",
  "component",
  "command_path",
  "profile",
  "step",
  ...hashFields,
] as const;
const workspaceEnds = [...measures, "duration_ms", "status", "error_category", ...hashFields] as const;
const machine = ["version", "os", "arch", "editor"] as const;

export const eventTypes = {
  // Usage aggregation: agents' tool calls and terminal commands.
  agent_event: {
    category: "tool_usage",
    description: "A terminal command or an agent's tool call started or ended.",
    layout: "flat",
    required: ["stream", "tool_name", "tool_phase"],
    optional: [
      "tool_hash",
      "mcp_server",
      "agent",
      "agent_role",
      "command_path",
      "chain",
      "command_count",
      "outcome_of",
      "status",
      "exit_class",
      "duration_ms",
      "error_category",
      "model",
      ...hashFields,
    ],
  },
  agent_activity: {
    category: "tool_usage",
    description: "What an agent did besides calling tools: turns, subagents, questions, compaction, results.",
    layout: "flat",
    required: ["activity"],
    optional: ["agent", "agent_role", "model", "duration_ms", "status", "error_category", ...results, ...hashFields],
  },
  model_request: {
    category: "tool_usage",
    description: "An agent sent a request to a language model. Token counts only, never text.",
    layout: "flat",
    required: [],
    optional: [
      "agent",
      "agent_role",
      ...tokens,
      ...requestTokens,
      "cost_microusd",
      "effort",
      "speed",
      "duration_ms",
      "status",
      "error_category",
      ...hashFields,
    ],
  },
  // Analytics design 2.3, 3.3; ADR-003: commands of Nexus tools.
  command_started: {
    category: "command_usage",
    description: "A command of a Nexus tool started.",
    layout: "command",
    required: ["command_path"],
    optional: commandStartFields,
  },
  command_finished: {
    category: "command_usage",
    description: "A command of a Nexus tool succeeded.",
    layout: "command",
    required: ["command_path"],
    optional: commandEndFields,
  },
  command_failed: {
    category: "command_usage",
    description: "A command of a Nexus tool failed.",
    layout: "command",
    required: ["command_path"],
    optional: commandEndFields,
  },
  command_cancelled: {
    category: "command_usage",
    description: "A command of a Nexus tool was cancelled. Counted neither as success nor as failure.",
    layout: "command",
    required: ["command_path"],
    optional: commandEndFields,
  },
  // Analytics design 2.1, 2.3: ThinkTools and profiles.
  thinktool_started: {
    category: "tool_usage",
    description: "A ThinkTool started.",
    layout: "flat",
    required: ["thinktool"],
    optional: ["model", "profile", ...hashFields],
  },
  thinktool_completed: {
    category: "tool_usage",
    description: "A ThinkTool ended.",
    layout: "flat",
    required: ["thinktool"],
    optional: ["completed", "status", "error_category", ...thinktoolFields],
  },
  thinktool_step_executed: {
    category: "tool_usage",
    description: "A ThinkTool executed a step.",
    layout: "flat",
    required: ["thinktool"],
    optional: ["step", "status", ...thinktoolFields],
  },
  profile_used: {
    category: "command_usage",
    description: "A profile was used.",
    layout: "flat",
    required: ["profile"],
    optional: ["command_path", "thinktool_count", ...hashFields],
  },
  // ADR-003, ADR-004: workspaces and tasks of Nexus.
  workspace_created: {
    category: "workspaces_tasks",
    description: "A Nexus workspace was created.",
    layout: "flat",
    required: [],
    optional: workspaceEnds,
  },
  workspace_destroyed: {
    category: "workspaces_tasks",
    description: "A Nexus workspace was destroyed.",
    layout: "flat",
    required: [],
    optional: workspaceEnds,
  },
  task_completed: {
    category: "workspaces_tasks",
    description: "A Nexus task was marked complete.",
    layout: "flat",
    required: [],
    optional: workspaceEnds,
  },
  // Analytics design 2.1, 3.4; ADR-004: errors.
  error_occurred: {
    category: "error_types",
    description: "An error occurred. Records its type, never its message.",
    layout: "error",
    required: ["error_category"],
    optional: errorFields,
  },
  error_recovered: {
    category: "error_types",
    description: "A failed operation succeeded again.",
    layout: "error",
    required: ["error_category"],
    optional: ["duration_ms", ...errorFields],
  },
  crash_detected: {
    category: "error_types",
    description: "A component terminated unexpectedly.",
    layout: "error",
    required: [],
    optional: ["error_category", "version", ...errorFields],
  },
  // Analytics design 2.1: sessions.
  session_started: {
    category: "session_metadata",
    description: "A session started.",
    layout: "flat",
    required: [],
    optional: ["start_reason", ...machine, ...hashFields],
  },
  session_ended: {
    category: "session_metadata",
    description: "A session ended.",
    layout: "flat",
    required: [],
    optional: ["end_reason", "duration_ms", "query_count", ...hashFields],
  },
  session_resumed: {
    category: "session_metadata",
    description: "A session resumed after a pause.",
    layout: "flat",
    required: [],
    optional: ["duration_ms", ...hashFields],
  },
  events_dropped: {
    category: "session_metadata",
    description: "Events were lost because the queue in front of the worker was full.",
    layout: "flat",
    required: ["dropped_count"],
    optional: [],
  },
  // Analytics design 2.2: installation, updates and removal of the product.
  install_started: {
    category: "lifecycle",
    description: "An installation started.",
    layout: "flat",
    required: ["install_method"],
    optional: machine,
  },
  install_completed: {
    category: "lifecycle",
    description: "The product was installed.",
    layout: "flat",
    required: ["install_method"],
    optional: ["duration_ms", "binary_size_bytes", ...machine],
  },
  install_failed: {
    category: "lifecycle",
    description: "An installation failed.",
    layout: "flat",
    required: ["install_method"],
    optional: ["install_error", ...machine],
  },
  update_available: {
    category: "lifecycle",
    description: "A newer version of the product is available.",
    layout: "flat",
    required: [],
    optional: ["current_version", "available_version", "days_since_release"],
  },
  update_completed: {
    category: "lifecycle",
    description: "The product was updated.",
    layout: "flat",
    required: [],
    optional: ["current_version", "available_version", "duration_ms", "install_method", ...machine],
  },
  uninstall: {
    category: "lifecycle",
    description: "The product was removed.",
    layout: "flat",
    required: [],
    optional: ["version", "days_since_install", "total_sessions"],
  },
  // Analytics design 2.4: features of the product.
  feature_discovered: {
    category: "features",
    description: "A feature was discovered.",
    layout: "flat",
    required: ["feature"],
    optional: ["discovery_source"],
  },
  feature_first_use: {
    category: "features",
    description: "A feature was used for the first time.",
    layout: "flat",
    required: ["feature"],
    optional: ["discovery_source"],
  },
  feature_adoption: {
    category: "features",
    description: "A feature was used for the 5th, 10th, 25th, 50th or 100th time.",
    layout: "flat",
    required: ["feature", "milestone"],
    optional: [],
  },
  feature_disabled: {
    category: "features",
    description: "A feature was turned off.",
    layout: "flat",
    required: ["feature"],
    optional: [],
  },
  help_viewed: {
    category: "features",
    description: "A help page was opened.",
    layout: "flat",
    required: [],
    optional: ["feature", "command_path"],
  },
  // Analytics design 2.1, 7.2: upgrades.
  upgrade_prompt_shown: {
    category: "upgrade",
    description: "An upgrade was offered.",
    layout: "flat",
    required: [],
    optional: ["upgrade_feature"],
  },
  upgrade_link_clicked: {
    category: "upgrade",
    description: "An upgrade link was opened.",
    layout: "flat",
    required: [],
    optional: ["upgrade_feature"],
  },
  pricing_page_viewed: {
    category: "upgrade",
    description: "The pricing page was opened.",
    layout: "flat",
    required: [],
    optional: ["upgrade_feature"],
  },
  trial_started: {
    category: "upgrade",
    description: "A trial started.",
    layout: "flat",
    required: [],
    optional: ["trial_days"],
  },
  trial_ended: {
    category: "upgrade",
    description: "A trial ended.",
    layout: "flat",
    required: [],
    optional: ["trial_days", "trial_converted"],
  },
  upgrade_completed: {
    category: "upgrade",
    description: "An upgrade was completed.",
    layout: "flat",
    required: [],
    optional: ["upgrade_feature"],
  },
  // Not in the analytics design: events of the editor, and experiments.
  editor_task: {
    category: "editor_activity",
    description: "An editor task started or ended.",
    layout: "flat",
    required: ["phase"],
    optional: ["task_type", "task_group", "status", "exit_class", "duration_ms", ...hashFields],
  },
  debug_session: {
    category: "editor_activity",
    description: "A debug session started or ended.",
    layout: "flat",
    required: ["phase"],
    optional: ["debugger_type", "duration_ms", ...hashFields],
  },
  editor_activity: {
    category: "editor_activity",
    description: "Focus time and saves in one programming language, summed over a few minutes.",
    layout: "flat",
    required: ["language"],
    optional: ["focus_ms", "saves", ...hashFields],
  },
  experiment_exposure: {
    category: "experiments",
    description: "A variation of an experiment was shown.",
    layout: "flat",
    required: ["experiment", "variant"],
    optional: [],
  },
} as const satisfies Readonly<Record<string, EventType>>;

export type EventTypeName = keyof typeof eventTypes;
export const eventTypeNames = Object.keys(eventTypes) as readonly EventTypeName[];

/** The same table with widened types, for code that iterates over it. */
export const eventTable: Readonly<Record<EventTypeName, EventType>> = eventTypes;

/** Returns a record with the result of `make` for each event type. */
export function perEventType<T>(make: (type: EventTypeName) => T): Readonly<Record<EventTypeName, T>> {
  return Object.fromEntries(eventTypeNames.map((type) => [type, make(type)])) as Record<EventTypeName, T>;
}

/** Returns the fields of a type, required fields first. */
export function fieldsOf(type: EventTypeName): readonly FieldName[] {
  return [...eventTable[type].required, ...eventTable[type].optional];
}

/** Alternative event names (analytics design, sections 2.1 and 4.2). */
export const eventAliases = {
  /** The outcome decides which of the three types it becomes. */
  command_executed: ["command_finished", "command_failed", "command_cancelled"],
  thinktool_executed: ["thinktool_completed"],
} as const satisfies Readonly<Record<string, readonly EventTypeName[]>>;

type Fields = typeof fields;
type Types = typeof eventTypes;

/** The payload of a clean event of type `T`. */
export type Payload<T extends EventTypeName> = {
  readonly [K in Types[T]["required"][number]]: ValueOfType<Fields[K]["type"]>;
} & {
  readonly [K in Types[T]["optional"][number]]?: ValueOfType<Fields[K]["type"]>;
};

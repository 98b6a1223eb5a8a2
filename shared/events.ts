/**
 * The one table of events: every type, every field, and what each field may hold.
 *
 * A stored string is a word of a closed list, a vocabulary word, or an identifier of a narrow pattern. There is no
 * kind for free text, so a field that could hold some does not compile. The firewall's schemas, the columns of the
 * database, the export and the page are made from this table.
 */

/** What the user can agree to, one by one. Each field of each event belongs to exactly one. */
export const categories = ["tool_usage", "command_usage", "performance", "error_types", "session_metadata"] as const;
export type Category = (typeof categories)[number];

/** Where an event was captured. A source numbers its events of one session from 1 upwards; a gap is a loss. */
export const sources = ["vscode_terminal", "vscode"] as const;
export type Source = (typeof sources)[number];

export type Kind =
  | { readonly is: "word"; readonly words: readonly string[] }
  | { readonly is: "vocabulary"; readonly list: "command_path" | "tool_name" }
  | { readonly is: "whole"; readonly min: number; readonly max: number };

export interface Field {
  readonly kind: Kind;
  readonly category: Category;
  /** Present on every event of its type, or only where it applies. */
  readonly optional: boolean;
  readonly description: string;
  readonly purpose: string;
}

interface EventType {
  /** The consent without which no event of this type is kept. */
  readonly category: Category;
  readonly description: string;
  readonly fields: Readonly<Record<string, Field>>;
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
export type Status = (typeof statuses)[number];

export const eventTypes = {
  agent_event: {
    category: "tool_usage",
    description: "A tool was used: a command in an editor's terminal, or a tool of an agent.",
    fields: {
      stream: {
        kind: { is: "word", words: ["tool"] },
        category: "tool_usage",
        optional: false,
        description: "The kind of agent event.",
        purpose: "Tells tool uses from other agent events.",
      },
      tool_name: {
        kind: { is: "vocabulary", list: "tool_name" },
        category: "tool_usage",
        optional: false,
        description: "The public name of the tool, such as run_terminal_cmd.",
        purpose: "Which tools are used, and which of them fail.",
      },
      tool_phase: {
        kind: { is: "word", words: ["start", "end"] },
        category: "tool_usage",
        optional: false,
        description: "Whether the use began or ended.",
        purpose: "Finds uses that never ended.",
      },
      command_path: {
        kind: { is: "vocabulary", list: "command_path" },
        category: "command_usage",
        optional: true,
        description: "Public program and subcommand, such as git commit, or other. Never an argument.",
        purpose: "Which commands are used, slow or failing.",
      },
      status: {
        kind: { is: "word", words: statuses },
        category: "error_types",
        optional: true,
        description: "How the use ended.",
        purpose: "Success rate.",
      },
      exit_class: {
        kind: { is: "word", words: exitClasses },
        category: "error_types",
        optional: true,
        description: "The class of the exit code, never the output.",
        purpose: "Tells a missing program from a failing one.",
      },
      duration_ms: {
        kind: { is: "whole", min: 0, max: maxDurationMs },
        category: "performance",
        optional: true,
        description: "How long the use took, in milliseconds.",
        purpose: "Which commands are slow.",
      },
    },
  },
  events_dropped: {
    category: "session_metadata",
    description: "Events were lost before they reached the worker, because the queue was full.",
    fields: {
      dropped_count: {
        kind: { is: "whole", min: 1, max: 1_000_000_000 },
        category: "session_metadata",
        optional: false,
        description: "How many events were lost.",
        purpose: "Shows gaps in what was captured.",
      },
    },
  },
} as const satisfies Readonly<Record<string, EventType>>;

export type EventTypeName = keyof typeof eventTypes;
export const eventTypeNames = Object.keys(eventTypes) as readonly EventTypeName[];

/** Makes something for each type of event. */
export function perEventType<T>(make: (type: EventTypeName) => T): Readonly<Record<EventTypeName, T>> {
  return Object.fromEntries(eventTypeNames.map((type) => [type, make(type)])) as Record<EventTypeName, T>;
}

/** The same table, with its types widened for code that walks it. */
export const eventTable: Readonly<Record<EventTypeName, EventType>> = eventTypes;

/** What a value of a field's kind looks like in memory. */
type ValueOf<F extends Field> = F["kind"] extends { is: "whole" }
  ? number
  : F["kind"] extends { is: "word"; words: readonly (infer W)[] }
    ? W
    : string;

type FieldsOf<T extends EventTypeName> = (typeof eventTypes)[T]["fields"];

/** The payload of an event of type `T`, as the firewall leaves it. */
export type Payload<T extends EventTypeName> = {
  readonly [K in keyof FieldsOf<T> as FieldsOf<T>[K] extends { optional: false }
    ? K
    : never]: FieldsOf<T>[K] extends Field ? ValueOf<FieldsOf<T>[K]> : never;
} & {
  readonly [K in keyof FieldsOf<T> as FieldsOf<T>[K] extends { optional: true }
    ? K
    : never]?: FieldsOf<T>[K] extends Field ? ValueOf<FieldsOf<T>[K]> : never;
};

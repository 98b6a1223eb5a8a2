/**
 * Generates `docs/reference/nexus-telemetry.d.ts`: the types of the extension API in one file without imports of this project, for
 * other extensions to copy.
 */
import { eventTable, fieldsOf } from "../../shared/schema/events.ts";
import type { FieldType } from "../../shared/schema/field-types.ts";
import { type FieldName, fieldTable } from "../../shared/schema/fields.ts";
import { type ProgramEvent, programEvents } from "../../shared/schema/program-events.ts";

/** Fields that a program must name exactly; other values of a vocabulary are mapped. */
const exact: ReadonlySet<FieldName> = new Set<FieldName>(["stream", "tool_phase"]);

function typeText(name: FieldName, type: FieldType): string {
  switch (type.type) {
    case "enum":
      return exact.has(name) ? type.values.map((value) => `"${value}"`).join(" | ") : "string";
    case "enum_list":
      return "readonly string[]";
    case "boolean":
      return "boolean";
    case "integer":
    case "decimal":
      return "number";
    default:
      return "string";
  }
}

/** Inputs that become vocabulary values and hashes. */
const inputs = [
  ["command_line", "string", "A command line. Only its public name is kept."],
  ["exit_code", "number", "Becomes the class of the exit code."],
  ["success", "boolean", "Becomes the status."],
  ["workspace", "string", "Name or URI; stored as a salted hash."],
  ["task", "string", "Name; stored as a salted hash."],
] as const;

function fieldsText(type: ProgramEvent): string {
  const { required } = eventTable[type];
  const names = fieldsOf(type).filter((name) => fieldTable[name].type.type !== "hash");
  const lines = names.flatMap((name) => {
    const { type: fieldType, description } = fieldTable[name];
    const mark = required.includes(name) ? "" : "?";
    return [`    /** ${description} */`, `    readonly ${name}${mark}: ${typeText(name, fieldType)};`];
  });
  const own: ReadonlySet<string> = new Set(names);
  for (const [name, kind, about] of inputs)
    if (!own.has(name)) lines.push(`    /** ${about} */`, `    readonly ${name}?: ${kind};`);
  return `  /** ${eventTable[type].description} */\n  readonly ${type}: {\n${lines.join("\n")}\n  };`;
}

export function apiTypes(): string {
  return `// Generated. Types of the API of the VS Code extension nexus.nexus-telemetry, version 1. Copy this file into your extension.
// Guide: docs/guide/extension-api.md.
import type { Event } from "vscode";

/** \`off\`: nothing is stored. \`local\`: stored on the user's machine. \`share\`: stored, and may be uploaded. */
export type Mode = "off" | "local" | "share";

/** The exports of the extension. */
export interface NexusTelemetry {
  readonly version: 1;
  /** \`id\`: your extension's ID (\`publisher.name\`). Only its salted hash is stored. */
  forExtension(id: string): Recording;
}

export interface Recording {
  readonly mode: Mode;
  readonly onDidChangeMode: Event<Mode>;
  /** Records an event; values outside the vocabulary are dropped. Never throws. Returns whether it was accepted. */
  record<T extends keyof EventFields>(type: T, fields: EventFields[T]): boolean;
  /** Runs \`work\` and records it as a command; returns or throws what \`work\` does. */
  time<R>(command: string, work: () => R | PromiseLike<R>): Promise<R>;
}

/** The fields of each event. */
export interface EventFields {
${programEvents.map(fieldsText).join("\n")}
}
`;
}

/** `nexus telemetry explain`: what is recorded and why, in total or for one event or field. */
import { categoryTexts } from "../../../shared/consent/notice.ts";
import { type EventTypeName, eventTable, eventTypeNames, fieldsOf } from "../../../shared/schema/events.ts";
import { type FieldName, fieldNames, fieldTable } from "../../../shared/schema/fields.ts";
import { didYouMean } from "../../../shared/text/did-you-mean.ts";
import {
  eventTypesWith,
  exampleEvent,
  exampleOf,
  explanations,
  fieldTypeText,
  sharingText,
} from "../../../shared/text/explain.ts";
import { UsageError } from "../../exit.ts";
import { definitionList, type JsonOption, print, printJson } from "../../output/print.ts";
import { heading, wrapped } from "../../output/terminal.ts";

export function run(name: string | undefined, { json }: JsonOption): void {
  if (name === undefined) {
    if (json === true) printJson({ version: 2, categories: explanations() });
    else print(explanations().map(categoryText).join("\n\n"));
    return;
  }
  const { description, rows } = detailsOf(name);
  if (json === true)
    printJson({ version: 2, name, description, ...Object.fromEntries(rows.map(([key, , value]) => [key, value])) });
  else
    print(
      `${wrapped(`${name}: ${description}`)}\n${definitionList(rows.map(([, title, value]) => [title, textOf(value)]))}`,
    );
}

type Row = readonly [key: string, title: string, value: unknown];

function detailsOf(name: string): { readonly description: string; readonly rows: readonly Row[] } {
  const type = eventTypeNames.find((known) => known === name);
  if (type !== undefined) return { description: eventTable[type].description, rows: rowsOfEvent(type) };
  const field = fieldNames.find((known) => known === name);
  if (field !== undefined) return { description: fieldTable[field].description, rows: rowsOfField(field) };
  const hint = didYouMean(name, [...eventTypeNames, ...fieldNames]) || " To list all: nexus telemetry explain";
  throw new UsageError(`Unknown event or field: ${name}.${hint}`);
}

function rowsOfEvent(type: EventTypeName): readonly Row[] {
  const { category } = eventTable[type];
  const fields = fieldsOf(type);
  const shared = fields.filter((field) => fieldTable[field].shared !== "never");
  return [
    ["purpose", "Purpose", categoryTexts[category].text],
    ["category", "Category", categoryTexts[category].title],
    ["fields", "Fields", fields],
    ["example", "Example", exampleEvent(type)],
    [
      "visible_to",
      "Visible to",
      `You. If you share this category, the server receives: ${shared.join(", ") || "that the event occurred"}.`,
    ],
    ["retention", "Retention", retentionText],
    ["opt_out", "Opt-out", optOutText],
  ];
}

function rowsOfField(field: FieldName): readonly Row[] {
  const { purpose, type, category, shared, retention } = fieldTable[field];
  return [
    ["purpose", "Purpose", purpose],
    ["type", "Values", fieldTypeText(type)],
    ["example", "Example", exampleOf(field)],
    ["category", "Category", categoryTexts[category].title],
    ["visible_to", "Visible to", `You. ${sharingText[shared]}`],
    [
      "retention",
      "Retention",
      retention === "total" ? `${retentionText} Hourly, daily and monthly totals are kept longer.` : retentionText,
    ],
    ["event_types", "Event types", eventTypesWith(field)],
    ["opt_out", "Opt-out", optOutText],
  ];
}

const retentionText = "90 days (retention_days), or until you delete it.";
const optOutText = "Clear its category (nexus telemetry enable --categories …) or run nexus telemetry disable.";

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.join(", ");
  return typeof value === "string" ? value : JSON.stringify(value);
}

function categoryText({ title, text, events, fields }: ReturnType<typeof explanations>[number]): string {
  const lines = [
    heading(title),
    wrapped(text),
    ...events.map(({ type, description }) => wrapped(`event ${type}: ${description}`, "  ")),
    ...fields.map(({ name, description, purpose }) => wrapped(`field ${name}: ${description} (${purpose})`, "  ")),
  ];
  return lines.join("\n");
}

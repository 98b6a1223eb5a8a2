/** `nexus telemetry explain`: what is recorded and why; of one event or field in full. */
import { notice } from "../../../shared/consent/notice.ts";
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
  const { description, rows } = partsOf(name);
  if (json === true)
    printJson({ version: 2, name, description, ...Object.fromEntries(rows.map(([key, , value]) => [key, value])) });
  else
    print(
      `${wrapped(`${name}: ${description}`)}\n${definitionList(rows.map(([, title, value]) => [title, textOf(value)]))}`,
    );
}

type Row = readonly [key: string, title: string, value: unknown];

function partsOf(name: string): { readonly description: string; readonly rows: readonly Row[] } {
  const type = eventTypeNames.find((known) => known === name);
  if (type !== undefined) return { description: eventTable[type].description, rows: rowsOfEvent(type) };
  const field = fieldNames.find((known) => known === name);
  if (field !== undefined) return { description: fieldTable[field].description, rows: rowsOfField(field) };
  const hint = didYouMean(name, [...eventTypeNames, ...fieldNames]) || " nexus telemetry explain lists all.";
  throw new UsageError(`There is no event and no field ${name}.${hint}`);
}

function rowsOfEvent(type: EventTypeName): readonly Row[] {
  const { category } = eventTable[type];
  const fields = fieldsOf(type);
  const shared = fields.filter((field) => fieldTable[field].shared !== "never");
  return [
    ["purpose", "Why", notice.categories[category].text],
    ["category", "Category", notice.categories[category].title],
    ["fields", "Fields", fields],
    ["example", "Example", exampleEvent(type)],
    [
      "visible_to",
      "Who sees it",
      `You. Whoever you share this category with sees of it: ${shared.join(", ") || "that it happened"}.`,
    ],
    ["retention", "Kept", kept],
    ["opt_out", "Switch off", off],
  ];
}

function rowsOfField(field: FieldName): readonly Row[] {
  const { purpose, type, category, shared, retention } = fieldTable[field];
  return [
    ["purpose", "Why", purpose],
    ["type", "Holds", fieldTypeText(type)],
    ["example", "Example", exampleOf(field)],
    ["category", "Category", notice.categories[category].title],
    ["visible_to", "Who sees it", `You. ${sharingText[shared]}`],
    ["retention", "Kept", retention === "total" ? `${kept} In totals by hour, day and month for longer.` : kept],
    ["event_types", "Carried by", eventTypesWith(field)],
    ["opt_out", "Switch off", off],
  ];
}

const kept = "90 days, or what retention_days says, unless you delete it before.";
const off = "untick its category (nexus telemetry enable --categories …), or nexus telemetry disable";

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

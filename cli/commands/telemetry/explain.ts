/** `nexus telemetry explain`: what is recorded and why; of one event or field in full. */
import { notice } from "../../../shared/consent-text.ts";
import { eventTable, eventTypeNames, fieldsOf } from "../../../shared/events.ts";
import { carriersOf, explanations, kindText, sharingText } from "../../../shared/explain.ts";
import { fieldNames, fieldTable } from "../../../shared/fields.ts";
import { UsageError } from "../../exit.ts";
import { facts, type JsonOption, print, printJson } from "../../print.ts";

export function run(name: string | undefined, { json }: JsonOption): void {
  if (name === undefined) {
    if (json === true) printJson({ version: 1, categories: explanations() });
    else print(explanations().map(categoryText).join("\n\n"));
    return;
  }
  const type = eventTypeNames.find((known) => known === name);
  const field = fieldNames.find((known) => known === name);
  if (type !== undefined) {
    const { description, category } = eventTable[type];
    print(`${type}: ${description}`);
    print(
      facts([
        ["Category", notice.categories[category].title],
        ["Fields", fieldsOf(type).join(", ")],
        ["Switch off", off],
      ]),
    );
  } else if (field !== undefined) {
    const { description, purpose, kind, category, shared, retention } = fieldTable[field];
    print(`${field}: ${description}`);
    print(
      facts([
        ["Why", purpose],
        ["Holds", kindText(kind)],
        ["Category", notice.categories[category].title],
        ["Who sees it", sharingText[shared]],
        ["Kept", retention === "total" ? "with its event, and in totals" : "with its event"],
        ["Carried by", carriersOf(field).join(", ")],
        ["Switch off", off],
      ]),
    );
  } else throw new UsageError(`There is no event and no field ${name}. nexus telemetry explain lists all.`);
}

const off = "untick its category (nexus telemetry enable --categories …), or nexus telemetry disable";

function categoryText({ title, text, events, fields }: ReturnType<typeof explanations>[number]): string {
  const lines = [
    title,
    "=".repeat(title.length),
    text,
    ...events.map(({ type, description }) => `  event ${type}: ${description}`),
    ...fields.map(({ name, description, purpose }) => `  field ${name}: ${description} (${purpose})`),
  ];
  return lines.join("\n");
}

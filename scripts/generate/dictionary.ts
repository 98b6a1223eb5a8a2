/** Generates `docs/reference/data-dictionary.md`: all events and fields that can be recorded. */

import { categoryTexts } from "../../shared/consent/notice.ts";
import { categories } from "../../shared/schema/categories.ts";
import { eventAliases, eventTable, eventTypeNames } from "../../shared/schema/events.ts";
import { fieldNames, fieldTable } from "../../shared/schema/fields.ts";
import { sources } from "../../shared/schema/sources.ts";
import { eventTypesWith, fieldTypeText } from "../../shared/text/explain.ts";

const sharing = { never: "never", schema_2: "schema 2", schema_1_and_2: "schemas 1 and 2" } as const;
const retention = { event: "event", total: "event; kept in totals" } as const;
const code = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(", ");

export function dictionaryText(): string {
  const lines = [
    "# Data dictionary",
    "",
    "Generated from `shared/schema/events.ts` and `shared/schema/fields.ts` by `npm run generate`; do not edit. Nothing else can",
    "be recorded: the firewall drops it, and the database has no column for it.",
    "",
    "Every field belongs to one consent category. *Shared* lists the upload schemas that contain the field; it is uploaded only",
    "with your consent to share its category. Events are kept for 90 days or 100 MB; *totals* are hourly, daily and monthly",
    "counts and sums without events.",
    "",
    "## Envelope",
    "",
    "| Field | Values | Shared |",
    "| --- | --- | --- |",
    "| `event_id` | Random UUIDv7. | schema 2 |",
    "| `ts` | Time, in milliseconds since 1970. | schemas 1 and 2 |",
    "| `utc_offset_min` | UTC offset in minutes, so that statistics match your local days. | never |",
    "| `session_id` | Random UUID of one window on one day. | as `anon_session_id`, a salted hash |",
    `| \`source\` | One of ${code(sources)}. | schemas 1 and 2 |`,
    "| `seq` | Sequence number of the event within its session and source. | schemas 1 and 2 |",
    "",
    "A session also has the product's name and, with consent to the category `platform`, its version, `os`, `arch` and the",
    "runtime version.",
    "",
    "## Events",
    "",
    "| Event | Category | Fields | Description |",
    "| --- | --- | --- | --- |",
    ...eventTypeNames.map((type) => {
      const { category, description, required, optional } = eventTable[type];
      const carries = [...required.map((name) => `**\`${name}\`**`), ...optional.map((name) => `\`${name}\``)];
      return `| \`${type}\` | ${category} | ${carries.join(", ") || "–"} | ${description} |`;
    }),
    "",
    "Fields in bold are required. Alternative event names that are accepted:",
    "",
    ...Object.entries(eventAliases).map(([alias, types]) => `- \`${alias}\` becomes ${code(types)}.`),
    "",
    "## Fields",
  ];
  for (const category of categories) {
    const names = fieldNames.filter((name) => fieldTable[name].category === category);
    lines.push("", `### ${categoryTexts[category].title} (\`${category}\`)`, "", categoryTexts[category].text);
    if (names.length === 0) continue;
    lines.push(
      "",
      "| Field | Description and values | Sensitivity | Shared | Retention | Since | Review | Purpose and events |",
    );
    lines.push("| --- | --- | --- | --- | --- | --- | --- | --- |");
    for (const name of names) {
      const field = fieldTable[name];
      const { description, purpose } = field;
      const cells = [
        `\`${name}\``,
        `${description} ${sentence(fieldTypeText(field.type))}`,
        field.sensitivity,
        sharing[field.shared],
        retention[field.retention],
        field.since,
        field.review,
        `${purpose} Events: ${eventTypesWith(name).length === eventTypeNames.length ? "all" : code(eventTypesWith(name))}.`,
      ];
      lines.push(`| ${cells.join(" | ")} |`);
    }
  }
  return `${lines.join("\n")}\n`;
}

const sentence = (text: string): string => `${text[0]?.toUpperCase() ?? ""}${text.slice(1)}.`;

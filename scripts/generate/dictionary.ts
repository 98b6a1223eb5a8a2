/** `docs/reference/data-dictionary.md`: every event and every field that can be recorded. */

import { notice } from "../../shared/consent/notice.ts";
import { categories } from "../../shared/schema/categories.ts";
import { eventAliases, eventTable, eventTypeNames } from "../../shared/schema/events.ts";
import { fieldNames, fieldTable } from "../../shared/schema/fields.ts";
import { sources } from "../../shared/schema/sources.ts";
import { eventTypesWith, fieldTypeText } from "../../shared/text/explain.ts";

const sharing = { never: "never", schema_2: "schema 2", schema_1_and_2: "schemas 1 and 2" } as const;
const retention = { event: "with its event", total: "with its event; stays in totals" } as const;
const code = (words: readonly string[]) => words.map((word) => `\`${word}\``).join(", ");

export function dictionaryText(): string {
  const lines = [
    "# Data dictionary",
    "",
    "Made from `shared/schema/events.ts` and `shared/schema/fields.ts` by `npm run generate`; a test keeps it in step. What is not here",
    "cannot be recorded: the firewall drops it, and the database has no column for it.",
    "",
    "Every field belongs to one category of consent. *Shared* names the upload schemas it is part of, and counts only with",
    "your consent to share its category. Events live 90 days or until the database has 100 MB; *totals* are hourly and daily",
    "counts and sums without any event.",
    "",
    "## Around every event",
    "",
    "| field | holds | shared |",
    "| --- | --- | --- |",
    "| `event_id` | a random UUIDv7, made where the event is made | schema 2 |",
    "| `ts` | the time, in milliseconds | schemas 1 and 2 |",
    "| `utc_offset_min` | how far local time is from UTC, so that your days are your days | never |",
    "| `session_id` | a random UUID of one window and one day | as `anon_session_id`, a salted hash |",
    `| \`source\` | one of ${code(sources)} | schemas 1 and 2 |`,
    "| `seq` | the number of the event within its session and source | schemas 1 and 2 |",
    "",
    "A session also keeps the product's name and, with the consent to the category `platform`, its version, `os`, `arch` and",
    "the version of the runtime.",
    "",
    "## Events",
    "",
    "| event | category | carries | what it means |",
    "| --- | --- | --- | --- |",
    ...eventTypeNames.map((type) => {
      const { category, description, required, optional } = eventTable[type];
      const carries = [...required.map((name) => `**\`${name}\`**`), ...optional.map((name) => `\`${name}\``)];
      return `| \`${type}\` | ${category} | ${carries.join(", ") || "nothing more"} | ${description} |`;
    }),
    "",
    "Fields in bold are always there. Other names that are taken in:",
    "",
    ...Object.entries(eventAliases).map(([alias, types]) => `- \`${alias}\` becomes ${code(types)}.`),
    "",
    "## Fields",
  ];
  for (const category of categories) {
    const names = fieldNames.filter((name) => fieldTable[name].category === category);
    lines.push("", `### ${notice.categories[category].title} (\`${category}\`)`, "", notice.categories[category].text);
    if (names.length === 0) continue;
    lines.push("", "| field | holds | sensitivity | shared | kept | since | review | what it is for |");
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
        `${purpose} In ${eventTypesWith(name).length === eventTypeNames.length ? "every event" : code(eventTypesWith(name))}.`,
      ];
      lines.push(`| ${cells.join(" | ")} |`);
    }
  }
  return `${lines.join("\n")}\n`;
}

const sentence = (text: string): string => `${text[0]?.toUpperCase() ?? ""}${text.slice(1)}.`;

/** Invariant only-you-can-say-yes: consent covers only the fields that its notice version described. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { categories } from "../schema/categories.ts";
import { eventTable, eventTypeNames } from "../schema/events.ts";
import { fieldNames, fieldTable } from "../schema/fields.ts";
import { askedCategories, categoryGroups } from "./category-groups.ts";
import { noticeText } from "./notice.ts";
import { noticeVersion } from "./notice-version.ts";
import releasedFields from "./released-fields.json" with { type: "json" };
import releasedNotices from "./released-notices.json" with { type: "json" };

type Coverage = Readonly<
  Record<string, { readonly events: readonly string[]; readonly fields: Readonly<Record<string, string>> }>
>;

/** The event types and fields of each category, and how each field is shared. */
function currentCoverage(): Coverage {
  const isIn = (category: string) => (name: (typeof fieldNames)[number]) => fieldTable[name].category === category;
  return Object.fromEntries(
    categories
      .map((category) => {
        const fields = fieldNames.filter(isIn(category)).sort();
        return [
          category,
          {
            events: eventTypeNames.filter((type) => eventTable[type].category === category).sort(),
            fields: Object.fromEntries(fields.map((name) => [name, fieldTable[name].shared])),
          },
        ] as const;
      })
      .filter(([, { events, fields }]) => events.length > 0 || Object.keys(fields).length > 0),
  );
}

/** Returns what is recorded or shared now and was not in the last release. */
function widened(now: Coverage, before: Coverage): readonly string[] {
  return Object.entries(now).flatMap(([category, { events, fields }]) => [
    ...events.filter((type) => before[category]?.events.includes(type) !== true).map((type) => `${category}: ${type}`),
    ...Object.entries(fields)
      .filter(([name, shared]) => before[category]?.fields[name] !== shared)
      .map(([name, shared]) => `${category}: ${name} (${shared})`),
  ]);
}

const digest = (text: string): string => createHash("sha256").update(text, "utf8").digest("hex");
const released: Coverage = releasedFields.categories;

describe("the version of the notice", () => {
  it("rises once if a field, a meaning or the text changed since the last release", () => {
    // If this fails: describe the change in the notice, and set its version to that of the last release plus 1. A release
    // replaces released-fields.json and appends to released-notices.json.
    const isChanged = widened(currentCoverage(), released).length > 0 || digest(noticeText()) !== releasedFields.sha256;
    expect(noticeVersion).toBe(String(Number(releasedFields.notice) + (isChanged ? 1 : 0)));
  });

  it("is noticed for a new event type, a new field, and a field that is shared from now on", () => {
    const tool = released["tool_usage"];
    if (tool === undefined) throw new Error("no such category");
    const wider = (part: Partial<typeof tool>) => widened({ ...released, tool_usage: { ...tool, ...part } }, released);
    expect(wider({})).toEqual([]);
    expect(wider({ events: [...tool.events, "tool_novel"] })).toEqual(["tool_usage: tool_novel"]);
    expect(wider({ fields: { ...tool.fields, novel: "never" } })).toEqual(["tool_usage: novel (never)"]);
    expect(wider({ fields: { ...tool.fields, tool_hash: "schema_2" } })).toEqual(["tool_usage: tool_hash (schema_2)"]);
  });
});

describe("the released notices", () => {
  it("contain every earlier version, and the text of the last release as it was", () => {
    const versions = releasedNotices.map(({ version }) => Number(version));
    expect([...new Set(versions)]).toEqual(Array.from({ length: Number(releasedFields.notice) }, (_, n) => n + 1));
    expect(digest(releasedNotices.at(-1)?.text.join("\n") ?? "")).toBe(releasedFields.sha256);
  });
});

describe("the groups", () => {
  it("contain each asked category once, and every category that an event or a field belongs to and that something reports", () => {
    expect(new Set(askedCategories).size).toBe(askedCategories.length);
    expect(categoryGroups.flatMap((group): readonly string[] => group.categories)).toEqual(askedCategories);
    const withoutEffect = categories.filter((name) => !askedCategories.some((asked) => asked === name));
    expect(withoutEffect).toEqual(["upgrade", "experiments", "aggregates"]);
  });

  it("are in the notice with every category, the retention, the recipient, the contact and the rights", () => {
    const text = noticeText();
    for (const part of ["retention_days", "90 days", "only recipient", "Contact:", "nexus telemetry export"])
      expect(text).toContain(part);
    expect(text).toContain("Nothing else depends on your answer.");
  });
});

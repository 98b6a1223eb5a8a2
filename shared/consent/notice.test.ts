/** Invariant only-you-can-say-yes: consent covers only the fields that its notice version described. */
import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { eventTable, eventTypeNames } from "../schema/events.ts";
import { fieldNames, fieldTable } from "../schema/fields.ts";
import { noticeText, noticeVersion } from "./notice.ts";

/** Every event type and field with its category and how it is shared. */
function coverageOfConsent(): string {
  const types = eventTypeNames.map((type) => `${eventTable[type].category} ${type}`);
  const fields = fieldNames.map((name) => `${fieldTable[name].category} ${name} ${fieldTable[name].shared}`);
  return [...types, ...fields].sort().join("\n");
}

const digest = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 16);

it("changes its version whenever its text or the covered fields change", () => {
  // If this fails: describe the change in the notice, raise its version once per release, and
  // update the digests.
  expect({ version: noticeVersion, text: digest(noticeText()), fields: digest(coverageOfConsent()) }).toEqual({
    version: "4",
    text: "d4bd9b5e28aed3a6",
    fields: "91090daa40ec3247",
  });
});

/** Invariant only-you-can-say-yes: who agreed to a text agreed to the fields that it stood for, and to no other. */
import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { eventTable, eventTypeNames } from "../schema/events.ts";
import { fieldNames, fieldTable } from "../schema/fields.ts";
import { noticeText, noticeVersion } from "./notice.ts";

/** Every type and field by its category, with how it is shared. */
function whatIsAgreedTo(): string {
  const types = eventTypeNames.map((type) => `${eventTable[type].category} ${type}`);
  const fields = fieldNames.map((name) => `${fieldTable[name].category} ${name} ${fieldTable[name].shared}`);
  return [...types, ...fields].sort().join("\n");
}

const digest = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 16);

it("has a new version whenever its words change, or what it stands for", () => {
  // Where this fails: say in the text what is new, raise the version once for the release, and write down the new digests.
  expect({ version: noticeVersion, text: digest(noticeText()), fields: digest(whatIsAgreedTo()) }).toEqual({
    version: "4",
    text: "d4bd9b5e28aed3a6",
    fields: "91090daa40ec3247",
  });
});

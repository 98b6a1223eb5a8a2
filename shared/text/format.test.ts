import { describe, expect, it } from "vitest";
import { englishOf } from "../../test/fixtures/message-text.ts";
import { askedCategories } from "../consent/category-groups.ts";
import { decide } from "../consent/consent.ts";
import { categoryTexts, notice, noticeText } from "../consent/notice.ts";
import { categories } from "../schema/categories.ts";
import { countText, durationText, sizeText } from "./format.ts";
import { modeMessage } from "./sentences.ts";

describe("formatting", () => {
  it.each([
    [0, "0 bytes"],
    [1023, "1023 bytes"],
    [1536, "1.5 KB"],
    [2_516_582, "2.4 MB"],
  ])("formats the size %i as %s", (bytes, text) => expect(sizeText(bytes)).toBe(text));

  it.each([
    [0, "0 ms"],
    [950, "950 ms"],
    [2_543, "2.5 s"],
    [59_499, "59 s"],
    [61_000, "1 min 1 s"],
    [8_100_000, "2 h 15 min"],
  ])("formats the duration %i as %s", (ms, text) => expect(durationText(ms)).toBe(text));

  it("uses singular and plural", () => {
    expect(countText(1, "event")).toBe("1 event");
    expect(countText(1234, "event")).toBe("1,234 events");
  });

  it("names the refusal that blocks a consent", () => {
    const consent = { mode: "local", collect: categories, share: [], noticeVersion: "1", tsMs: 0 } as const;
    const permission = decide(consent, [{ by: "environment", reach: "all", name: "NEXUS_TELEMETRY_ENABLED" }]);
    expect(englishOf(modeMessage(permission))).toContain("blocked by NEXUS_TELEMETRY_ENABLED");
  });
});

describe("consent notice", () => {
  it("describes every category that can be selected", () => {
    expect(Object.keys(notice.categories)).toEqual([...askedCategories]);
    for (const name of askedCategories) expect(noticeText()).toContain(notice.categories[name].text);
    expect(Object.keys(categoryTexts).sort()).toEqual([...categories].sort());
  });
});

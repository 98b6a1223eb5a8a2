import { describe, expect, it } from "vitest";
import { decide } from "../consent/consent.ts";
import { notice, noticeText } from "../consent/notice.ts";
import { categories } from "../schema/categories.ts";
import { countText, durationText, modeSentence, sizeText } from "./format.ts";

describe("words", () => {
  it.each([
    [0, "0 bytes"],
    [1023, "1023 bytes"],
    [1536, "1.5 KB"],
    [2_516_582, "2.4 MB"],
  ])("size %i is %s", (bytes, text) => expect(sizeText(bytes)).toBe(text));

  it.each([
    [0, "0 ms"],
    [950, "950 ms"],
    [2_543, "2.5 s"],
    [59_499, "59 s"],
    [61_000, "1 min 1 s"],
    [8_100_000, "2 h 15 min"],
  ])("duration %i is %s", (ms, text) => expect(durationText(ms)).toBe(text));

  it("counts in one and many", () => {
    expect(countText(1, "event")).toBe("1 event");
    expect(countText(1234, "event")).toBe("1,234 events");
  });

  it("names who keeps a given consent from working", () => {
    const given = { mode: "local", collect: categories, share: [], noticeVersion: "1", tsMs: 0 } as const;
    const permission = decide(given, [{ by: "environment", reach: "all", name: "NEXUS_TELEMETRY_ENABLED" }]);
    expect(modeSentence(permission)).toContain("NEXUS_TELEMETRY_ENABLED says no");
  });
});

describe("consent text", () => {
  it("names every category that can be ticked", () => {
    expect(Object.keys(notice.categories)).toEqual([...categories]);
    for (const name of categories) expect(noticeText()).toContain(notice.categories[name].text);
  });
});

import { describe, expect, it } from "vitest";
import type { Refusal } from "../../shared/consent/consent.ts";
import { type ConsentReading, decide } from "../../shared/consent/consent.ts";
import { categories } from "../../shared/schema/categories.ts";
import { SampleMode, type Situation } from "./sample-mode.ts";

const data = { ask: () => Promise.reject(new Error("closed")), dispose: () => undefined, isBroken: false };
const given: ConsentReading = { mode: "local", collect: categories, share: [], noticeVersion: "1", tsMs: 0 };
const refused: ConsentReading = { ...given, mode: "off", collect: [] };
const undecided: Situation = {
  permission: decide(null, []),
  stateFolder: "/nowhere/state",
  isUndecided: true,
  status: null,
};
const database = (found: object | null) => ({ database: found }) as unknown as Situation["status"];
const isOn = (part: Partial<Situation>) => new SampleMode(data, () => ({ ...undecided, ...part })).isOn;
const blocked: Refusal = { by: "policy_file", reach: "all", name: "the policy file" };

describe("the sample", () => {
  it("is shown before the first choice, and after a refusal if nothing is stored", () => {
    expect(isOn({})).toBe(true);
    const permission = decide(refused, []);
    expect(isOn({ permission, isUndecided: false, status: database(null) })).toBe(true);
  });

  it("is not shown where data may be: of an earlier consent, not read yet, or stored", () => {
    expect(isOn({ stateFolder: process.cwd() })).toBe(false);
    const permission = decide(refused, []);
    expect(isOn({ permission, isUndecided: false, status: null })).toBe(false);
    expect(isOn({ permission, isUndecided: false, status: database({}) })).toBe(false);
  });

  it("is not shown with a consent, also where something blocks recording", () => {
    for (const refusals of [[], [blocked]])
      expect(isOn({ permission: decide(given, refusals), isUndecided: false, status: database(null) })).toBe(false);
    expect(isOn({ permission: decide("damaged", []), isUndecided: false, status: database(null) })).toBe(false);
  });
});

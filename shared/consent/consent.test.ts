import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { categories } from "../schema/categories.ts";
import {
  type ConsentReading,
  decide,
  editorRefusals,
  environmentRefusals,
  modes,
  type Refusal,
  readConsent,
  refusalSources,
} from "./consent.ts";

const consent = { mode: "local", collect: categories, share: categories, noticeVersion: "1", tsMs: 0 } as const;
const refusal = (by: Refusal["by"], reach: Refusal["reach"]): Refusal => ({ by, reach, name: by });
const anyRefusal = fc.record({
  by: fc.constantFrom(...refusalSources),
  reach: fc.constantFrom("all" as const, "sharing" as const),
  name: fc.string(),
});

describe("invariant: only-you-can-say-yes", () => {
  it("stays off without a consent record, whatever the refusals", () => {
    fc.assert(
      fc.property(fc.array(anyRefusal), fc.constantFrom<ConsentReading>(null, "damaged"), (refusals, reading) => {
        expect(decide(reading, refusals)).toMatchObject({ mode: "off", collect: [] });
      }),
    );
  });

  it("never grants more than the consent record", () => {
    fc.assert(
      fc.property(
        fc.array(anyRefusal),
        fc.constantFrom(...modes),
        fc.subarray([...categories]),
        (refusals, mode, collect) => {
          const permission = decide({ ...consent, mode, collect }, refusals);
          expect(modes.indexOf(permission.mode)).toBeLessThanOrEqual(modes.indexOf(mode));
          expect(collect).toEqual(expect.arrayContaining([...permission.collect]));
        },
      ),
    );
  });

  it("ignores environment variables that are true", () => {
    const env = { NEXUS_TELEMETRY_ENABLED: "true", NEXUS_TELEMETRY: "1" };
    expect(environmentRefusals(env)).toEqual([]);
    expect(decide(null, environmentRefusals(env)).mode).toBe("off");
  });

  it("keeps recording locally when only sharing is refused", () => {
    const share = { ...consent, mode: "share" } as const;
    expect(decide(share, [refusal("ci", "sharing")]).mode).toBe("local");
    expect(decide(consent, [refusal("do_not_track", "sharing")]).mode).toBe("local");
    expect(decide(share, [refusal("environment", "all")]).mode).toBe("off");
  });

  it("lists every refusal in display order", () => {
    const refusals = [refusal("editor_setting", "all"), refusal("ci", "sharing"), refusal("policy_file", "all")];
    expect(decide(consent, refusals).refusals.map(({ by }) => by)).toEqual(["policy_file", "ci", "editor_setting"]);
  });
});

describe("environment", () => {
  it.each(["false", "FALSE", "0", "no", "off", " false "])("NEXUS_TELEMETRY_ENABLED=%j forbids recording", (value) => {
    expect(environmentRefusals({ NEXUS_TELEMETRY_ENABLED: value })).toEqual([
      { by: "environment", reach: "all", name: "NEXUS_TELEMETRY_ENABLED" },
    ]);
  });

  it("treats NEXUS_TELEMETRY=false the same", () => {
    expect(environmentRefusals({ NEXUS_TELEMETRY: "false" })).toHaveLength(1);
  });

  it.each([
    ["1", 1],
    ["true", 1],
    ["yes", 1],
    ["0", 0],
    ["false", 0],
    ["", 0],
  ])("counts DO_NOT_TRACK=%j and CI=%j %i time(s) each, only for sharing", (value, count) => {
    for (const name of ["DO_NOT_TRACK", "CI"]) {
      const refusals = environmentRefusals({ [name]: value });
      expect(refusals).toHaveLength(count);
      expect(refusals.every(({ reach }) => reach === "sharing")).toBe(true);
    }
  });
});

it("refuses only sharing for NEXUS_TELEMETRY_CLOUD_SYNC=false, and nothing for true", () => {
  const name = "NEXUS_TELEMETRY_CLOUD_SYNC";
  expect(environmentRefusals({ [name]: "false" })).toEqual([{ by: "environment", reach: "sharing", name }]);
  expect(environmentRefusals({ [name]: "true" })).toEqual([]);
});

describe("editor", () => {
  it("refuses sharing by its telemetry level, and recording by our setting", () => {
    expect(editorRefusals({ telemetry: true, enabled: true })).toEqual([]);
    expect(editorRefusals({ telemetry: false, enabled: true })).toMatchObject([{ reach: "sharing" }]);
    expect(editorRefusals({ telemetry: true, enabled: false })).toMatchObject([{ reach: "all" }]);
  });
});

describe("consent file", () => {
  const installation = "3f2b8c1e-0d0b-4f7e-9a53-3c1a4a6f1d11";
  const line = (mode: string) =>
    JSON.stringify({
      ts: "2026-01-02T03:04:05.000Z",
      mode,
      collect: ["tool_usage", "novel"],
      notice: { version: "1" },
      installation,
    });

  it("means never asked when it is absent or empty", () => {
    expect(readConsent("", installation)).toBeNull();
    expect(readConsent("\n\n", installation)).toBeNull();
  });

  it("uses the last entry and drops unknown categories", () => {
    expect(readConsent(`${line("local")}\n${line("off")}\n`, installation)).toMatchObject({ mode: "off" });
    expect(readConsent(`garbage\n${line("local")}\n`, installation)).toEqual({
      mode: "local",
      collect: ["tool_usage"],
      share: [],
      noticeVersion: "1",
      tsMs: Date.UTC(2026, 0, 2, 3, 4, 5),
      destination: null,
      automatic: false,
      schema: 1,
      earlierEvents: false,
    });
  });

  it("counts a consent only for its installation, and a refusal for every one", () => {
    const other = "8d3a1f0e-5c1b-4a53-9d0e-6b7f0c2d4e55";
    const unbound = JSON.stringify({ ...JSON.parse(line("local")), installation: undefined });
    expect(readConsent(line("local"), other)).toBe("other_installation");
    expect(readConsent(line("local"), null)).toBe("other_installation");
    expect(readConsent(line("local"), other, true)).toBe("other_installation");
    expect(readConsent(unbound, installation)).toBe("unbound");
    expect(readConsent(unbound, installation, true)).toMatchObject({ mode: "local" });
    expect(readConsent(line("off"), other)).toMatchObject({ mode: "off" });
  });

  it("counts as off when its last line is truncated at any position", () => {
    const complete = line("local");
    fc.assert(
      fc.property(fc.integer({ min: 1, max: complete.length - 1 }), (length) => {
        const reading = readConsent(`${line("local")}\n${complete.slice(0, length)}`, installation);
        expect(decide(reading, []).mode).toBe("off");
      }),
    );
  });

  it("reads any text without throwing", () => {
    fc.assert(fc.property(fc.string(), (text) => void readConsent(text, installation)));
    fc.assert(fc.property(fc.json(), (text) => void readConsent(text, installation)));
  });
});

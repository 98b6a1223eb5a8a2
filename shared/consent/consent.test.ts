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

const given = { mode: "local", collect: categories, share: categories, noticeVersion: "1", tsMs: 0 } as const;
const refusal = (by: Refusal["by"], reach: Refusal["reach"]): Refusal => ({ by, reach, name: by });
const anyRefusal = fc.record({
  by: fc.constantFrom(...refusalSources),
  reach: fc.constantFrom("all" as const, "sharing" as const),
  name: fc.string(),
});

describe("invariant: only-you-can-say-yes", () => {
  it("is off without a record, whatever else is said", () => {
    fc.assert(
      fc.property(fc.array(anyRefusal), fc.constantFrom<ConsentReading>(null, "damaged"), (refusals, reading) => {
        expect(decide(reading, refusals)).toMatchObject({ mode: "off", collect: [] });
      }),
    );
  });

  it("never widens what the record says", () => {
    fc.assert(
      fc.property(
        fc.array(anyRefusal),
        fc.constantFrom(...modes),
        fc.subarray([...categories]),
        (refusals, mode, collect) => {
          const permission = decide({ ...given, mode, collect }, refusals);
          expect(modes.indexOf(permission.mode)).toBeLessThanOrEqual(modes.indexOf(mode));
          expect(collect).toEqual(expect.arrayContaining([...permission.collect]));
        },
      ),
    );
  });

  it("lets no environment say yes", () => {
    const yes = { NEXUS_TELEMETRY_ENABLED: "true", NEXUS_TELEMETRY: "1" };
    expect(environmentRefusals(yes)).toEqual([]);
    expect(decide(null, environmentRefusals(yes)).mode).toBe("off");
  });

  it("keeps what the user chose to keep locally when only sharing is forbidden", () => {
    const share = { ...given, mode: "share" } as const;
    expect(decide(share, [refusal("ci", "sharing")]).mode).toBe("local");
    expect(decide(given, [refusal("do_not_track", "sharing")]).mode).toBe("local");
    expect(decide(share, [refusal("environment", "all")]).mode).toBe("off");
  });

  it("names each no, in the settled order", () => {
    const refusals = [refusal("editor_setting", "all"), refusal("ci", "sharing"), refusal("policy_file", "all")];
    expect(decide(given, refusals).refusals.map(({ by }) => by)).toEqual(["policy_file", "ci", "editor_setting"]);
  });
});

describe("environment", () => {
  it.each(["false", "FALSE", "0", "no", "off", " false "])("NEXUS_TELEMETRY_ENABLED=%j forbids everything", (value) => {
    expect(environmentRefusals({ NEXUS_TELEMETRY_ENABLED: value })).toEqual([
      { by: "environment", reach: "all", name: "NEXUS_TELEMETRY_ENABLED" },
    ]);
  });

  it("NEXUS_TELEMETRY=false equals it", () => {
    expect(environmentRefusals({ NEXUS_TELEMETRY: "false" })).toHaveLength(1);
  });

  it.each([
    ["1", 1],
    ["true", 1],
    ["yes", 1],
    ["0", 0],
    ["false", 0],
    ["", 0],
  ])("DO_NOT_TRACK=%j and CI=%j count %i time(s) each, for sharing alone", (value, count) => {
    for (const name of ["DO_NOT_TRACK", "CI"]) {
      const refusals = environmentRefusals({ [name]: value });
      expect(refusals).toHaveLength(count);
      expect(refusals.every(({ reach }) => reach === "sharing")).toBe(true);
    }
  });
});

it("NEXUS_TELEMETRY_CLOUD_SYNC=false forbids sharing alone, and true says nothing", () => {
  const name = "NEXUS_TELEMETRY_CLOUD_SYNC";
  expect(environmentRefusals({ [name]: "false" })).toEqual([{ by: "environment", reach: "sharing", name }]);
  expect(environmentRefusals({ [name]: "true" })).toEqual([]);
});

describe("editor", () => {
  it("its telemetry switch forbids sharing, our setting forbids everything", () => {
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

  it("is never asked when absent or empty", () => {
    expect(readConsent("", installation)).toBeNull();
    expect(readConsent("\n\n", installation)).toBeNull();
  });

  it("takes the last entry, and only categories it knows", () => {
    expect(readConsent(`${line("local")}\n${line("off")}\n`, installation)).toMatchObject({ mode: "off" });
    expect(readConsent(`garbage\n${line("local")}\n`, installation)).toEqual({
      mode: "local",
      collect: ["tool_usage"],
      share: [],
      noticeVersion: "1",
      tsMs: Date.UTC(2026, 0, 2, 3, 4, 5),
      destination: null,
      automatic: false,
    });
  });

  it("counts a yes only for the installation that it names, a no wherever it was given", () => {
    const other = "8d3a1f0e-5c1b-4a53-9d0e-6b7f0c2d4e55";
    const unbound = JSON.stringify({ ...JSON.parse(line("local")), installation: undefined });
    expect(readConsent(line("local"), other)).toBe("other_installation");
    expect(readConsent(line("local"), null)).toBe("other_installation");
    expect(readConsent(line("local"), other, true)).toBe("other_installation");
    expect(readConsent(unbound, installation)).toBe("unbound");
    expect(readConsent(unbound, installation, true)).toMatchObject({ mode: "local" });
    expect(readConsent(line("off"), other)).toMatchObject({ mode: "off" });
  });

  it("is damaged, and therefore no, when its last line is cut anywhere", () => {
    const whole = line("local");
    fc.assert(
      fc.property(fc.integer({ min: 1, max: whole.length - 1 }), (length) => {
        const reading = readConsent(`${line("local")}\n${whole.slice(0, length)}`, installation);
        expect(decide(reading, []).mode).toBe("off");
      }),
    );
  });

  it("reads any text without throwing", () => {
    fc.assert(fc.property(fc.string(), (text) => void readConsent(text, installation)));
    fc.assert(fc.property(fc.json(), (text) => void readConsent(text, installation)));
  });
});

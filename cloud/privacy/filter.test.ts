/**
 * The server's filter, scanner and leak detector: personal data and secrets are refused in every
 * field.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { personal } from "../../scripts/privacy/corpus/personal.ts";
import { Random } from "../../scripts/privacy/corpus/random.ts";
import { secretFormats } from "../../scripts/privacy/corpus/secrets.ts";
import { type EventTypeName, eventTypeNames } from "../../shared/schema/events.ts";
import { fieldTable } from "../../shared/schema/fields.ts";
import { sources } from "../../shared/schema/sources.ts";
import commands from "../../shared/vocabulary/commands.json" with { type: "json" };
import { Sender } from "../test/sender.ts";
import { isPublicCommand } from "./command-allowlist.ts";
import { checkEvent, type Frame, parseFrame } from "./filter.ts";
import { LeakDetector } from "./leak-detector.ts";
import { scan } from "./scanner.ts";

const sender = new Sender("http://127.0.0.1:1");
const now = Date.now();
const frame = parseFrame(JSON.parse(sender.batch([sender.event()]))) as Frame;

describe("the server's filter", () => {
  it("accepts a valid event and refuses it with any value replaced", () => {
    const valid = sender.event();
    expect(checkEvent(valid, frame, now)).toEqual(valid);
    const pathsIn = (value: unknown, path: readonly string[] = []): (readonly string[])[] =>
      typeof value === "object" && value !== null
        ? Object.entries(value).flatMap(([name, inner]) => [...pathsIn(inner, [...path, name]), [...path, name]])
        : [];
    const withValue = (path: readonly string[], value: unknown) => {
      const copy = structuredClone(valid) as Record<string, unknown>;
      let at: Record<string, unknown> = copy;
      for (const name of path.slice(0, -1)) at = at[name] as Record<string, unknown>;
      at[path.at(-1) ?? ""] = value;
      return copy;
    };
    for (const path of pathsIn(valid)) {
      for (const value of ["ada@example.com", "/home/ada", "4111 1111 1111 1111", ["x"], { x: "y" }, null, -7]) {
        const verdict = checkEvent(withValue(path, value), frame, now);
        expect([path.join("."), value, "reason" in verdict]).toEqual([path.join("."), value, true]);
        expect(JSON.stringify(verdict)).not.toContain("ada");
      }
    }
  });

  it("does not throw for any input", () => {
    fc.assert(
      fc.property(fc.anything(), fc.constantFrom(...eventTypeNames), (value, type) => {
        checkEvent(value, frame, now);
        checkEvent({ ...sender.event(), payload: value }, frame, now);
        checkEvent(sender.event({}, now, type as EventTypeName), frame, now);
        parseFrame(value);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("the server's scanner", () => {
  it("finds more than 95% of secrets and personal data without the client's rules", () => {
    const random = new Random(7);
    const texts = [
      ...Object.values(secretFormats).flatMap((format) => Array.from({ length: 20 }, () => random.fill(format))),
      ...Object.values(personal).flatMap((make) => Array.from({ length: 100 }, () => make(random))),
    ];
    const missed = texts.filter((text) => scan(text) === undefined);
    expect(texts.length).toBeGreaterThan(3_000);
    expect([missed.length / texts.length < 0.05, missed.slice(0, 40)]).toEqual([true, expect.anything()]);
  });

  it("accepts every vocabulary value", () => {
    const values = Object.values(fieldTable).flatMap(({ type }) => ("values" in type ? type.values : []));
    expect(
      [...values, ...sources, "1.101.2", "2.0.0-rc.1", "exp-12"].filter((value) => scan(value) !== undefined),
    ).toEqual([]);
  });

  it("accepts every public command and no other", () => {
    const paths = Object.entries(commands.programs).flatMap(([program, list]) => [
      program,
      ...list
        .split("|")
        .filter(Boolean)
        .map((sub) => `${program} ${sub}`),
    ]);
    expect(paths.filter((path) => !isPublicCommand(path))).toEqual([]);
    expect(
      ["git secret-branch", "my-script", "constructor", "git __proto__", "git push origin"].filter(isPublicCommand),
    ).toEqual([]);
  });
});

describe("the leak detector", () => {
  it("reports a version that starts to leak, but not a few refusals or a constant rate", () => {
    const detector = new LeakDetector();
    const send = (version: string, minute: number, events: number, leaks: number) => {
      for (let n = 0; n < events; n += 1)
        detector.count(version, n < leaks ? "leaked" : "taken", now + minute * 60_000);
    };
    for (let minute = 0; minute < 60; minute += 6) {
      send("1.0.0", minute, 1_000, 1);
      send("0.9.0", minute, 1_000, 100);
    }
    expect(detector.states.get("1.0.0")).toBe(false);
    send("1.0.0", 66, 1_000, 200);
    send("0.9.0", 66, 1_000, 110);
    send("2.0.0", 66, 10, 9);
    expect([detector.states.get("1.0.0"), detector.states.get("0.9.0"), detector.states.get("2.0.0")]).toEqual([
      true,
      false,
      false,
    ]);
    // Refused events cannot create names or evict other versions.
    for (const version of ["/home/ada", "415.555.2671"]) detector.count(version, "leaked", now);
    for (let n = 0; n < 500; n += 1) detector.count(`9000.${n}`, "leaked", now);
    const names = [...detector.states.keys()];
    expect(names).toEqual(expect.arrayContaining(["1.0.0", "0.9.0"]));
    expect(names.filter((name) => name.includes("555") || name.includes("/") || name.startsWith("9000"))).toEqual([]);
  });
});

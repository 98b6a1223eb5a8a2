/** The server's own filter: what is personal or secret gets no further, in whichever field it stands; what is good is not hindered. */
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
  it("takes a good event, and refuses it with anything put into any place of it", () => {
    const good = sender.event();
    expect(checkEvent(good, frame, now)).toEqual(good);
    const places = (value: unknown, path: readonly string[] = []): (readonly string[])[] =>
      typeof value === "object" && value !== null
        ? Object.entries(value).flatMap(([name, inner]) => [...places(inner, [...path, name]), [...path, name]])
        : [];
    const withValue = (path: readonly string[], value: unknown) => {
      const copy = structuredClone(good) as Record<string, unknown>;
      let at: Record<string, unknown> = copy;
      for (const name of path.slice(0, -1)) at = at[name] as Record<string, unknown>;
      at[path.at(-1) ?? ""] = value;
      return copy;
    };
    for (const path of places(good)) {
      for (const value of ["ada@example.com", "/home/ada", "4111 1111 1111 1111", ["x"], { x: "y" }, null, -7]) {
        const verdict = checkEvent(withValue(path, value), frame, now);
        expect([path.join("."), value, "reason" in verdict]).toEqual([path.join("."), value, true]);
        expect(JSON.stringify(verdict)).not.toContain("ada");
      }
    }
  });

  it("never fails, whatever it is given", () => {
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
  it("finds secrets and personal data that stand alone, by rules that the sender does not have", () => {
    const random = new Random(7);
    const given = [
      ...Object.values(secretFormats).flatMap((format) => Array.from({ length: 20 }, () => random.fill(format))),
      ...Object.values(personal).flatMap((make) => Array.from({ length: 100 }, () => make(random))),
    ];
    const missed = given.filter((text) => scan(text) === undefined);
    expect(given.length).toBeGreaterThan(3_000);
    expect([missed.length / given.length < 0.05, missed.slice(0, 40)]).toEqual([true, expect.anything()]);
  });

  it("lets every public word through", () => {
    const words = Object.values(fieldTable).flatMap(({ type }) => ("values" in type ? type.values : []));
    expect(
      [...words, ...sources, "1.101.2", "2.0.0-rc.1", "exp-12"].filter((word) => scan(word) !== undefined),
    ).toEqual([]);
  });

  it("lets every public command through, and no other", () => {
    const words = Object.entries(commands.programs).flatMap(([program, list]) => [
      program,
      ...list
        .split("|")
        .filter(Boolean)
        .map((sub) => `${program} ${sub}`),
    ]);
    expect(words.filter((word) => !isPublicCommand(word))).toEqual([]);
    expect(
      ["git secret-branch", "my-script", "constructor", "git __proto__", "git push origin"].filter(isPublicCommand),
    ).toEqual([]);
  });
});

describe("the alarm for leaks", () => {
  it("is raised where a version begins to leak, and not by a few, nor by what was always so", () => {
    const alarm = new LeakDetector();
    const send = (version: string, minute: number, events: number, leaks: number) => {
      for (let n = 0; n < events; n += 1) alarm.count(version, n < leaks ? "leaked" : "taken", now + minute * 60_000);
    };
    for (let minute = 0; minute < 60; minute += 6) {
      send("1.0.0", minute, 1_000, 1);
      send("0.9.0", minute, 1_000, 100);
    }
    expect(alarm.states.get("1.0.0")).toBe(false);
    send("1.0.0", 66, 1_000, 200);
    send("0.9.0", 66, 1_000, 110);
    send("2.0.0", 66, 10, 9);
    expect([alarm.states.get("1.0.0"), alarm.states.get("0.9.0"), alarm.states.get("2.0.0")]).toEqual([
      true,
      false,
      false,
    ]);
    // What was refused names nothing, and takes nobody's place.
    for (const made of ["/home/ada", "415.555.2671"]) alarm.count(made, "leaked", now);
    for (let n = 0; n < 500; n += 1) alarm.count(`9000.${n}`, "leaked", now);
    const names = [...alarm.states.keys()];
    expect(names).toEqual(expect.arrayContaining(["1.0.0", "0.9.0"]));
    expect(names.filter((name) => name.includes("555") || name.includes("/") || name.startsWith("9000"))).toEqual([]);
  });
});

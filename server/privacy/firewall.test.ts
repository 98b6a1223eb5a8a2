import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { categories, eventTable, eventTypeNames } from "../../shared/events.ts";
import { sealRaw } from "../../shared/raw.ts";
import { anything, toolUse } from "../../test/fixtures/captured.ts";
import { Firewall } from "./firewall.ts";
import { payloadSchemas } from "./shape.ts";

const now = Date.now();
let firewall = new Firewall();
beforeEach(() => {
  firewall = new Firewall();
});

const reasons = (counts: readonly { reason: string; count: number }[]) =>
  Object.fromEntries(counts.map(({ reason, count }) => [reason, count]));

describe("firewall", () => {
  it("turns a captured command into words and numbers", () => {
    const event = firewall.admit(toolUse({ command_line: "git commit -m hush", exit_code: 127 }), categories, now);
    expect(event?.payload).toEqual({
      stream: "tool",
      tool_name: "run_terminal_cmd",
      tool_phase: "end",
      command_path: "git commit",
      exit_class: "not_found",
      status: "failed",
      duration_ms: 12,
    });
  });

  it("says nothing of an end at the start", () => {
    const event = firewall.admit(toolUse({ tool_phase: "start" }), categories, now);
    expect(event?.payload).not.toHaveProperty("status");
    expect(event?.payload).not.toHaveProperty("exit_class");
  });

  it("drops unknown fields and counts them by class, not by name", () => {
    const event = firewall.admit(
      anything({ stream: "tool", tool_name: "Bash", tool_phase: "start", output: "x", cwd: "/home/ada" }),
      categories,
      now,
    );
    expect(event?.payload).toEqual({ stream: "tool", tool_name: "run_terminal_cmd", tool_phase: "start" });
    expect(reasons(firewall.counts().dropped)).toEqual({ unknown_field: 2 });
  });

  it("keeps a field only with its category's consent, and an event only with its own", () => {
    const event = firewall.admit(toolUse(), ["tool_usage", "performance"], now);
    expect(Object.keys(event?.payload ?? {}).sort()).toEqual(["duration_ms", "stream", "tool_name", "tool_phase"]);
    expect(reasons(firewall.counts().dropped)).toEqual({ category_off: 3 });
    expect(firewall.admit(toolUse(), ["performance"], now)).toBeUndefined();
    expect(reasons(firewall.counts().refused)).toEqual({ category_off: 1 });
  });

  it.each([
    ["a string", "event", "not_an_event"],
    ["null", null, "not_an_event"],
    ["a list", [], "not_an_event"],
    ["an unknown type", { event_type: "keystroke" }, "bad_envelope"],
    ["an unknown source", { source: "ada" }, "bad_envelope"],
    ["an id that says something", { id: "ada@example.com" }, "bad_envelope"],
    ["a session that says something", { session_id: "ada-laptop" }, "bad_envelope"],
    ["a time in 1970", { ts: 12 }, "bad_envelope"],
    ["a time in 9999", { ts: Date.UTC(9999, 1) }, "bad_time"],
    ["no time", { ts: Number.NaN }, "bad_envelope"],
    ["sequence number 0", { seq: 0 }, "bad_envelope"],
    ["a missing field", { tool_phase: undefined }, "bad_field"],
    ["a phase of its own", { tool_phase: "ada" }, "bad_field"],
  ])("refuses %s", (_, part, reason) => {
    const fields = { stream: "tool", tool_name: "Bash", tool_phase: "start" };
    const raw =
      typeof part === "object" && part !== null && !Array.isArray(part) ? anything({ ...fields, ...part }) : part;
    expect(firewall.admit(sealRaw(raw as object), categories, now)).toBeUndefined();
    expect(reasons(firewall.counts().refused)).toEqual({ [reason]: 1 });
  });

  it("drops an optional value that is out of range, and keeps the rest", () => {
    const event = firewall.admit(toolUse({ duration_ms: -1 }), categories, now);
    expect(event?.payload).not.toHaveProperty("duration_ms");
    expect(reasons(firewall.counts().dropped)).toEqual({ bad_value: 1 });
  });

  it("invariant: no-free-text: for any input, every value that leaves is a declared word or number", () => {
    const names = [...new Set(eventTypeNames.flatMap((type) => Object.keys(eventTable[type].fields)))];
    const anyField = fc.dictionary(
      fc.oneof(fc.constantFrom(...names, "command_line", "exit_code", "__proto__", "constructor"), fc.string()),
      fc.oneof(fc.anything(), fc.constantFrom("tool", "start", "end", "Bash", "git status", 0, 127)),
    );
    fc.assert(
      fc.property(
        anyField,
        fc.constantFrom(...eventTypeNames),
        fc.subarray([...categories]),
        (fields, type, allowed) => {
          const event = firewall.admit(anything({ ...fields, event_type: type }), allowed, now);
          expect(payloadSchemas[type].safeParse(event?.payload ?? {}).success).toBe(true);
          for (const name of Object.keys(event?.payload ?? {})) {
            expect(allowed).toContain(eventTable[type].fields[name]?.category);
          }
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it("invariant: no-free-text: a canary planted in every field is nowhere", () => {
    const canary = "CANARY-7f3a";
    const fields = [...new Set(eventTypeNames.flatMap((type) => Object.keys(eventTable[type].fields)))];
    for (const type of eventTypeNames) {
      for (const name of [...fields, "command_line", "exit_code", "id", "source", "session_id", "extra"]) {
        const base = { stream: "tool", tool_name: "Bash", tool_phase: "end", dropped_count: 1, event_type: type };
        for (const value of [canary, { deep: canary }, [canary], `git ${canary}`, `${canary} commit`]) {
          const event = firewall.admit(anything({ ...base, [name]: value }), categories, now);
          expect(JSON.stringify([event ?? null, firewall.counts()])).not.toContain(canary);
        }
      }
    }
  });
});

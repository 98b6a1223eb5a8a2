import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { innocent } from "../../scripts/privacy/field-attack.ts";
import { type Category, categories } from "../../shared/schema/categories.ts";
import { eventAliases, eventTypeNames, fieldsOf } from "../../shared/schema/events.ts";
import { validatorOf } from "../../shared/schema/field-types.ts";
import { fieldNames, fieldTable } from "../../shared/schema/fields.ts";
import { markRaw } from "../../shared/schema/raw.ts";
import { historySources, liveSources, sources } from "../../shared/schema/sources.ts";
import { uploadSchemas } from "../../shared/schema/upload-schemas.ts";
import { testFirewall } from "../../test/fixtures/clean-events.ts";
import { anything, toolUse } from "../../test/fixtures/raw-events.ts";
import { allowAll, Firewall } from "./firewall.ts";
import { rawInputs } from "./parse-event.ts";
import { scan } from "./scanner/scan.ts";
import { isCommandPath, isSubcommand } from "./vocabulary.ts";

const now = Date.now();
let firewall: Firewall = testFirewall();
beforeEach(() => {
  firewall = testFirewall();
});

const only = (...collect: readonly Category[]) => ({ collect, blockSensitive: false });
const blocking = { collect: categories, blockSensitive: true };
const dropped = () => Object.fromEntries(firewall.counts().dropped.map(({ reason, count }) => [reason, count]));
const refused = () => Object.fromEntries(firewall.counts().refused.map(({ reason, count }) => [reason, count]));
const admit = (fields: object, options = allowAll) => firewall.admit(anything(fields), options, now);

describe("firewall", () => {
  it("converts a captured command to dimensions and measures", () => {
    const raw = toolUse({ command_line: "git commit -m hush", exit_code: 127, workspace: "atlas" });
    expect(firewall.admit(raw, allowAll, now)?.payload).toEqual({
      stream: "tool",
      tool_name: "run_terminal_cmd",
      tool_phase: "end",
      command_path: "git commit",
      chain: "single",
      command_count: 1,
      outcome_of: "command",
      exit_class: "not_found",
      error_category: "command_not_found",
      status: "failed",
      duration_ms: 12,
      workspace_hash: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
  });

  it("accepts a source of history from an importer only, and never shares it", () => {
    const importer = new Firewall(null, historySources);
    for (const source of sources) {
      const isHistory = historySources.some((one) => one === source);
      const raw = () => anything({ stream: "tool", tool_name: "Bash", tool_phase: "end", source });
      expect([firewall.admitOrRefuse(raw(), allowAll, now) === "bad_envelope", source]).toEqual([isHistory, source]);
      expect([importer.admitOrRefuse(raw(), allowAll, now) === "bad_envelope", source]).toEqual([!isHistory, source]);
    }
    for (const [name, text] of uploadSchemas())
      expect([name, historySources.filter((source) => text.includes(`"${source}"`))]).toEqual([name, []]);
  });

  it("drops outcome fields from a start event", () => {
    const event = firewall.admit(toolUse({ tool_phase: "start" }), allowAll, now);
    expect(event?.payload).not.toHaveProperty("status");
    expect(event?.payload).not.toHaveProperty("exit_class");
  });

  it("accepts the nested form of the analytics design, section 3.3, and its alias", () => {
    const event = admit({
      event_type: "command_executed",
      command: "think",
      profile: "balanced",
      thinktool_chain: ["gigathink", "laserlogic", "bedrock", "proofguard"],
      thinktool_count: 4,
      execution: { duration_ms: 2500, llm_latency_ms: 2100, processing_ms: 400, success: true },
      tokens: { input: 1500, output: 800, cached: 200, model: "claude-3-5-sonnet-20241022" },
      quality: { confidence_score: 0.82, coherence_score: 0.88 },
      error: null,
    });
    expect(event).toMatchObject({ type: "command_finished" });
    expect(event?.payload).toEqual({
      command_path: "think",
      profile: "balanced",
      thinktool_chain: ["gigathink", "laserlogic", "bedrock", "proofguard"],
      thinktool_count: 4,
      status: "ok",
      duration_ms: 2500,
      llm_latency_ms: 2100,
      processing_ms: 400,
      tokens_input: 1500,
      tokens_output: 800,
      tokens_cached: 200,
      model: "claude-3-5-sonnet",
      confidence_score: 0.82,
      coherence_score: 0.88,
    });
    expect(firewall.counts().dropped).toEqual([]);
  });

  it("accepts the nested form of section 3.4, and the flat forms of 2.3 and 4.3", () => {
    const error = admit({
      event_type: "error_occurred",
      error_category: "api_error",
      error_code: "rate_limit_exceeded",
      recoverable: true,
      retry_count: 2,
      context: { command: "think", profile: "deep", step: 3 },
    });
    expect(error?.payload).toEqual({
      error_category: "api_error",
      error_code: "rate_limit_exceeded",
      recoverable: true,
      retry_count: 2,
      command_path: "think",
      profile: "deep",
      step: 3,
    });
    const command = admit({
      event_type: "command_executed",
      command: "think",
      subcommand: "--profile",
      duration_ms: 5,
      success: false,
      error_category: "timeout",
      tokens_input: 1,
      model: "",
    });
    expect(command).toMatchObject({
      type: "command_failed",
      payload: { command_path: "think", duration_ms: 5, status: "failed", error_category: "timeout", model: "other" },
    });
    const thinktool = admit({ event_type: "thinktool_executed", tool_name: "gigathink", step_count: 4 });
    expect(thinktool).toMatchObject({
      type: "thinktool_completed",
      payload: { thinktool: "gigathink", step_count: 4 },
    });
  });

  it.each([
    [{ exit_code: 1 }, "command_failed", "failed"],
    [{ exit_code: 130 }, "command_cancelled", "cancelled"],
    [{ exit_code: 0 }, "command_finished", "ok"],
    [{ error: { category: "timeout" } }, "command_failed", "failed"],
    [{ execution: { success: false } }, "command_failed", "failed"],
    [{ success: false, execution: { success: null } }, "command_failed", "failed"],
    [{ tokens: { success: false } }, "command_finished", "ok"],
  ])("derives the outcome of an executed command: %j → %s", (fields, type, status) => {
    const event = admit({ event_type: "command_executed", command: "status", ...fields });
    expect(event).toMatchObject({ type, payload: { status } });
  });

  it("caches nothing about an unknown program", () => {
    const canary = "canary-program-9d2c";
    for (const name of [`${canary} one`, `${canary} two`]) admit({ event_type: "command_started", command: name });
    expect(isSubcommand(canary, "one")).toBe(false);
  });

  it("converts values outside a vocabulary to other, custom or unknown", () => {
    expect(admit({ event_type: "editor_activity", language: "ada-lang" })?.payload).toEqual({ language: "other" });
    expect(admit({ event_type: "workspace_created", template: "acme" })?.payload).toEqual({ template: "custom" });
    expect(admit({ event_type: "error_occurred", error_category: "acme" })?.payload).toEqual({
      error_category: "unknown",
    });
  });

  it("keeps only a hash of a user-defined tool name, and accepts no hash from outside", () => {
    const tool = { stream: "tool", tool_phase: "start", tool_name: "mcp__acme__plan", tool_hash: "0".repeat(32) };
    const payload = admit(tool)?.payload;
    expect(payload).toEqual({
      stream: "tool",
      tool_phase: "start",
      tool_name: "mcp",
      tool_hash: expect.stringMatching(/^(?!0{32})[0-9a-f]{32}$/),
    });
  });

  it("hashes no name without consent to its category", () => {
    const firewall = testFirewall();
    const event = firewall.admit(toolUse({ workspace: "atlas" }), only("tool_usage"), now);
    expect(event?.payload).not.toHaveProperty("workspace_hash");
  });

  it("drops unknown fields and counts them by the class of their name", () => {
    const event = admit({ stream: "tool", tool_name: "Bash", tool_phase: "start", output: "x", saves: 1, "/ada": 1 });
    expect(event?.payload).toEqual({ stream: "tool", tool_name: "run_terminal_cmd", tool_phase: "start" });
    expect(dropped()).toEqual({ unknown_field: 1, field_of_another_type: 1, odd_field_name: 1 });
  });

  it("keeps fields and events only with consent to their categories", () => {
    const event = firewall.admit(toolUse(), only("tool_usage", "performance"), now);
    expect(Object.keys(event?.payload ?? {}).sort()).toEqual(["duration_ms", "stream", "tool_name", "tool_phase"]);
    expect(dropped()).toEqual({ category_off: 6 });
    expect(firewall.admit(toolUse(), only("performance"), now)).toBeUndefined();
    expect(refused()).toEqual({ category_off: 1 });
    expect(firewall.counts().sources).toEqual([{ source: "vscode_terminal", accepted: 1, refused: 1 }]);
  });

  it("rejects a sensitive event if block_sensitive is set, and counts by rule", () => {
    const line = "curl -H 'Authorization: Bearer q8Zt3kV9xLw2Rf7Y' https://example.com/x";
    expect(firewall.admit(toolUse({ command_line: line }), allowAll, now)).toBeDefined();
    expect(firewall.admit(toolUse({ command_line: line }), blocking, now)).toBeUndefined();
    expect(admit({ stream: "tool", deep: [{ "ada@example.com": 1 }] }, blocking)).toBeUndefined();
    expect(firewall.admit(toolUse({ workspace: "file:///home/ada/x" }), blocking, now)).toBeDefined();
    const late = `git ${" ".repeat(1_048_577)} mail ada@example.com`;
    expect(firewall.admit(toolUse({ command_line: late }), blocking, now)).toBeUndefined();
    expect(admit({ stream: "tool", card: 4_111_111_111_111_111 }, blocking)).toBeUndefined();
    expect(refused()).toEqual({ sensitive: 4 });
    const found = firewall.counts().redacted.map(({ rule }) => rule);
    expect(found).toEqual(["url", "token", "email", "too_long", "card"]);
  });

  it.each([
    ["a string", "event", "not_an_event"],
    ["null", null, "not_an_event"],
    ["a list", [], "not_an_event"],
    ["an unknown type", { event_type: "keystroke" }, "bad_envelope"],
    ["a type named like an Object property", { event_type: "constructor" }, "bad_envelope"],
    ["an unknown source", { source: "ada" }, "bad_envelope"],
    ["a personal event ID", { id: "ada@example.com" }, "bad_envelope"],
    ["a personal session ID", { session_id: "ada-laptop" }, "bad_envelope"],
    ["a time in 1970", { ts: 12 }, "bad_envelope"],
    ["a time in 9999", { ts: Date.UTC(9999, 1) }, "bad_time"],
    ["no time", { ts: Number.NaN }, "bad_envelope"],
    ["an offset of a day", { utc_offset_min: 1440 }, "bad_envelope"],
    ["a negative sequence number", { seq: -1 }, "bad_envelope"],
    ["a card number as sequence number", { seq: 4_111_111_111_111_111 }, "bad_envelope"],
    ["a missing field", { tool_phase: undefined }, "bad_field"],
    ["an unknown phase", { tool_phase: "ada" }, "bad_field"],
  ])("rejects %s", (_, part, reason) => {
    const fields = { stream: "tool", tool_name: "Bash", tool_phase: "start" };
    const raw =
      typeof part === "object" && part !== null && !Array.isArray(part) ? anything({ ...fields, ...part }) : part;
    expect(firewall.admit(markRaw(raw as object), allowAll, now)).toBeUndefined();
    expect(refused()).toEqual({ [reason]: 1 });
  });

  it.each([
    ["negative", -1],
    ["huge", 1e300],
    ["not a number", Number.NaN],
    ["infinite", Number.POSITIVE_INFINITY],
    ["a string", "12"],
    ["an object", { number: 12 }],
  ])("drops an optional value that is %s and keeps the rest", (_, duration) => {
    const event = firewall.admit(toolUse({ duration_ms: duration as number }), allowAll, now);
    expect(event?.payload).not.toHaveProperty("duration_ms");
    expect(event?.payload).toHaveProperty("status", "ok");
    expect(dropped()).toEqual({ bad_value: 1 });
  });

  it.each([
    ["lone surrogates", "\ud800 git \udfff"],
    ["control and bidirectional characters", "\u0000\u0007\u202egit\u2066"],
    ["a megabyte", "git ".repeat(262_144)],
    ["replacement characters of invalid UTF-8", Buffer.from([0xff, 0xfe, 0xc0, 0x80]).toString("utf8")],
  ])("handles %s in every field", (_, text) => {
    for (const type of eventTypeNames) {
      for (const name of [...fieldNames, ...rawInputs, text]) {
        const event = admit({ event_type: type, [name]: text });
        expect(JSON.stringify(event ?? null)).not.toContain(text);
      }
    }
  });

  it("handles 10,000 nested levels, prototype keys and duplicate fields", () => {
    let deep: unknown = "secret";
    for (let level = 0; level < 10_000; level += 1) deep = level % 2 === 0 ? [deep] : { deep };
    const fields = '"stream":"tool","tool_name":"Bash","tool_phase":"start"';
    const hostile = JSON.parse(`{${fields},"__proto__":{"status":"ok"},"constructor":1,"tool_phase":"end"}`);
    expect(admit({ ...hostile, duration_ms: deep, extra: deep })?.payload).toEqual({
      stream: "tool",
      tool_name: "run_terminal_cmd",
      tool_phase: "end",
    });
    expect(admit({ ...hostile, extra: deep }, blocking)).toBeUndefined();
  });
});

const checks = new Map(fieldNames.map((name) => [name, validatorOf(fieldTable[name].type, isCommandPath)]));

describe("invariant: no-free-text", () => {
  const types = [...eventTypeNames, ...Object.keys(eventAliases)];
  const anyField = fc.dictionary(
    fc.oneof(
      fc.constantFrom(...fieldNames, ...rawInputs, "execution", "tokens", "quality", "context", "error", "__proto__"),
      fc.string({ unit: "binary" }),
    ),
    fc.oneof(
      fc.anything(),
      fc.string({ unit: "binary" }),
      fc.constantFrom("tool", "start", "end", "Bash", "git status", 0, 127, "gigathink", "5", "npm", true),
      fc.dictionary(fc.constantFrom("success", "duration_ms", "input", "model", "command", "step"), fc.anything()),
    ),
  );

  it("returns only consented values that match their field type, for any input", () => {
    fc.assert(
      fc.property(anyField, fc.constantFrom(...types), fc.subarray([...categories]), (fields, type, collect) => {
        const event = admit({ ...fields, event_type: type }, { collect, blockSensitive: false });
        if (event === undefined) return;
        for (const [name, value] of Object.entries(event.payload)) {
          const field = fieldNames.find((candidate) => candidate === name);
          expect(fieldsOf(event.type)).toContain(field);
          if (field === undefined) continue;
          expect(checks.get(field)?.(value)).toEqual(value);
          expect(collect).toContain(fieldTable[field].category);
        }
      }),
      { numRuns: 5_000 },
    );
  });

  it("never returns a canary from any field of any type and source", () => {
    const canary = "CANARY-7f3a";
    const targets = [...fieldNames, ...rawInputs, "id", "source", "session_id", "extra", "execution", "context"];
    let admitted = 0;
    for (const type of types) {
      for (const name of targets) {
        for (const value of [canary, { success: canary, command: canary }, [canary], `git ${canary}`]) {
          const event = admit({
            ...innocent,
            event_type: type,
            source: liveSources[admitted % liveSources.length],
            [name]: value,
          });
          if (event !== undefined) admitted += 1;
          expect(JSON.stringify([event ?? null, firewall.counts()])).not.toContain(canary);
        }
      }
    }
    expect(admitted).toBeGreaterThan(5_000);
  });

  it("has no vocabulary value that looks sensitive to the scanner", () => {
    for (const name of fieldNames) {
      const { type } = fieldTable[name];
      if (type.type !== "enum" && type.type !== "enum_list") continue;
      for (const value of type.values) expect([name, value, [...scan(value).rules]]).toEqual([name, value, []]);
    }
  });
});

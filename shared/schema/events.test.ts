import { describe, expect, it } from "vitest";
import commands from "../vocabulary/commands.json" with { type: "json" };
import { modelFamily } from "../vocabulary/models.ts";
import { categories } from "./categories.ts";
import { eventAliases, eventTable, eventTypeNames, fieldsOf } from "./events.ts";
import { type FieldType, hashPattern, identifierPatterns, validatorOf } from "./field-types.ts";
import { type Field, fieldNames, fields, fieldTable, retentions, sensitivities, sharingForms } from "./fields.ts";
import { nested } from "./payload-layout.ts";
import { commandPathPattern } from "./upload-schemas.ts";

const isCommandPath = (path: string) => path === "git commit";

describe("invariant: one-schema", () => {
  it.each(fieldNames)("%s is described and classified", (name) => {
    const { category, sensitivity, shared, retention, since, review, description, purpose } = fieldTable[name];
    expect(name).toMatch(/^[a-z][a-z0-9_]{1,30}$/);
    expect(categories).toContain(category);
    expect(sensitivities).toContain(sensitivity);
    expect(sharingForms).toContain(shared);
    expect(retentions).toContain(retention);
    expect(since).toMatch(/^\d+\.\d+\.\d+$/);
    expect(review).toMatch(/^20\d\d-(0[1-9]|1[0-2])$/);
    expect(description).toMatch(/^[A-Z].*\.$/);
    expect(purpose).toMatch(/^[A-Z].*\.$/);
  });

  it("has every event type of the specifications", () => {
    const specified = `
      command_started command_finished command_failed command_cancelled command_executed agent_event
      agent_activity model_request
      workspace_created workspace_destroyed task_completed error_occurred error_recovered crash_detected
      install_started install_completed install_failed update_available update_completed uninstall
      session_started session_ended session_resumed
      thinktool_started thinktool_completed thinktool_executed thinktool_step_executed profile_used
      feature_discovered feature_first_use feature_adoption feature_disabled help_viewed
      upgrade_prompt_shown upgrade_link_clicked pricing_page_viewed upgrade_completed trial_started trial_ended
      editor_task debug_session editor_activity experiment_exposure events_dropped`;
    const known = [...eventTypeNames, ...Object.keys(eventAliases)];
    expect([...known].sort()).toEqual(specified.trim().split(/\s+/).sort());
  });

  it.each(eventTypeNames)("%s has each field once, and its required fields need no other consent", (type) => {
    const { category, required, description } = eventTable[type];
    expect(categories).toContain(category);
    expect(description).toMatch(/^[A-Z].*\.$/);
    expect(new Set(fieldsOf(type)).size).toBe(fieldsOf(type).length);
    for (const name of required) expect(fieldTable[name].category).toBe(category);
  });

  it("uses every field, and every category except aggregates", () => {
    const used = new Set(eventTypeNames.flatMap((type) => fieldsOf(type)));
    expect(fieldNames.filter((name) => !used.has(name))).toEqual([]);
    const consented = new Set(fieldNames.map((name) => fieldTable[name].category));
    expect(categories.filter((name) => !consented.has(name))).toEqual(["aggregates"]);
  });

  it("has tool_* fields only in agent_event", () => {
    const others = eventTypeNames.filter((type) => type !== "agent_event");
    expect(others.flatMap((type) => fieldsOf(type)).filter((name) => name.startsWith("tool_"))).toEqual([]);
  });
});

describe("invariant: no-free-text", () => {
  it("does not compile an unclassified field or a field type for text", () => {
    // @ts-expect-error: no category, sensitivity, sharing, retention, review
    const unclassified: Field = { type: { type: "boolean" }, description: "", purpose: "", since: "0.1.0" };
    // @ts-expect-error: there is no field type for text
    const text: FieldType = { type: "text" };
    // @ts-expect-error: the pattern is not in `identifierPatterns`
    const pattern: FieldType = { type: "identifier", pattern: /.*/ };
    expect([unclassified, text, pattern]).toHaveLength(3);
  });

  it("has a form in the upload schema for each public command path", () => {
    const pattern = new RegExp(commandPathPattern);
    const paths = Object.entries(commands.programs).flatMap(([program, list]) => [
      program,
      ...(list === "" ? [] : list.split("|").map((path) => `${program} ${path}`)),
    ]);
    expect(paths.filter((path) => !pattern.test(path))).toEqual([]);
  });

  it("has no field with an unbounded string", () => {
    for (const name of fieldNames) {
      const { type } = fieldTable[name];
      switch (type.type) {
        case "enum":
        case "enum_list":
          expect(type.values.length).toBeLessThanOrEqual(256);
          for (const value of type.values) expect(value).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/);
          break;
        case "identifier":
          // Only fixed words and digits, so that it cannot encode text.
          expect(identifierPatterns[type.pattern].source.replace(/\\d/g, "")).not.toMatch(/\[|\\[wWSD]|\.[*+]/);
          break;
        case "model":
          // Fixed words and single digits.
          expect(modelFamily.source).not.toMatch(/[+*{\\]|\[(?!\d-9\]|\.\])/);
          break;
        case "hash":
          expect(fieldTable[name]).toMatchObject({ shared: "never", sensitivity: "pseudonymous" });
          break;
        case "integer":
        case "decimal":
          expect(type.max).toBeLessThanOrEqual(Number.MAX_SAFE_INTEGER);
          break;
        default:
          expect(["command_path", "boolean"]).toContain(type.type);
      }
    }
  });

  it("shares no pseudonymous field, and in schema 1 only the fields of the specification", () => {
    const of = (sharing: Field["shared"]) => fieldNames.filter((name) => fieldTable[name].shared === sharing).sort();
    expect(of("schema_1_and_2")).toEqual(["command_path", "invocation_kind", "status", "tool_name", "tool_phase"]);
    expect(of("never")).toEqual([
      "caller_hash",
      "chain",
      "command_count",
      "context_size",
      "outcome_of",
      "stream",
      "task_hash",
      "tool_hash",
      "workspace_hash",
    ]);
  });
});

describe("field types", () => {
  it.each<[FieldType, unknown, unknown]>([
    [fields.status.type, "ok", "ok"],
    [fields.status.type, "OK", undefined],
    [fields.status.type, "constructor", undefined],
    [fields.status.type, ["ok"], undefined],
    [fields.thinktool_chain.type, ["bedrock", "gigathink"], ["bedrock", "gigathink"]],
    [fields.thinktool_chain.type, ["bedrock", "ada"], undefined],
    [fields.thinktool_chain.type, [], undefined],
    [fields.thinktool_chain.type, new Array(17).fill("bedrock"), undefined],
    [fields.command_path.type, "git commit", "git commit"],
    [fields.command_path.type, "git commit -m x", undefined],
    [fields.version.type, "1.101.2", "1.101.2"],
    [fields.version.type, "2.0.0-rc.1", "2.0.0-rc.1"],
    [fields.version.type, "1.2.3-ada", undefined],
    [fields.version.type, "1.2.3\n", undefined],
    [fields.experiment.type, "exp-12", "exp-12"],
    [fields.experiment.type, "exp-ada", undefined],
    [fields.workspace_hash.type, "0".repeat(32), "0".repeat(32)],
    [fields.workspace_hash.type, "ada", undefined],
    [fields.duration_ms.type, 12, 12],
    [fields.duration_ms.type, 12.5, undefined],
    [fields.duration_ms.type, "12", undefined],
    [fields.duration_ms.type, Number.NaN, undefined],
    [fields.duration_ms.type, Number.POSITIVE_INFINITY, undefined],
    [fields.duration_ms.type, 2 ** 53, undefined],
    [fields.confidence_score.type, 0.826, 0.83],
    [fields.confidence_score.type, 1.01, undefined],
    [fields.cache_hit.type, true, true],
    [fields.cache_hit.type, 1, undefined],
  ])("%o: %o → %o", (fieldType, value, expected) =>
    expect(validatorOf(fieldType, isCommandPath)(value)).toEqual(expected),
  );

  it("accepts only lower-case hexadecimal as a hash", () => {
    expect("0123456789abcdef0123456789abcdef").toMatch(hashPattern);
    expect("0123456789ABCDEF0123456789abcdef").not.toMatch(hashPattern);
  });
});

describe("nested form (analytics design, sections 3.3 and 3.4)", () => {
  it("nests a command", () => {
    const flat = {
      command_path: "think",
      profile: "balanced",
      thinktool_chain: ["gigathink", "laserlogic"],
      thinktool_count: 2,
      duration_ms: 2500,
      llm_latency_ms: 2100,
      processing_ms: 400,
      status: "ok",
      tokens_input: 1500,
      tokens_output: 800,
      tokens_cached: 200,
      model: "claude-3-5-sonnet",
      confidence_score: 0.82,
    };
    expect(nested("command_finished", flat)).toEqual({
      command: "think",
      profile: "balanced",
      thinktool_chain: ["gigathink", "laserlogic"],
      thinktool_count: 2,
      execution: { duration_ms: 2500, llm_latency_ms: 2100, processing_ms: 400, status: "ok", success: true },
      tokens: { input: 1500, output: 800, cached: 200, model: "claude-3-5-sonnet" },
      quality: { confidence_score: 0.82 },
    });
  });

  it("nests the context of an error and leaves other payloads flat", () => {
    expect(
      nested("error_occurred", { error_category: "api_error", recoverable: true, command_path: "think", step: 3 }),
    ).toEqual({ error_category: "api_error", recoverable: true, context: { command: "think", step: 3 } });
    expect(nested("editor_activity", { language: "go", saves: 0, focus_ms: null })).toEqual({
      language: "go",
      saves: 0,
    });
  });
});

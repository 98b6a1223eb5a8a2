/** The Node SDK: writes only clean events, nothing without consent, and never throws. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { programEvents } from "../../shared/schema/program-events.ts";
import { consentRecord } from "../../test/fixtures/consent-record.ts";
import { decide } from "../../test/fixtures/consented.ts";
import { tempFolder } from "../../test/fixtures/temp-folder.ts";
import { EventLog } from "./index.ts";

const canary = "canary-node-8a1";

function setUp(decision: object | null = consentRecord("local"), env: Readonly<Record<string, string>> = {}) {
  const home = tempFolder();
  const config = join(home, ".config", "nexus");
  mkdirSync(config, { recursive: true });
  if (decision !== null) decide(home, decision);
  const log = new EventLog({ env, home });
  const lines = () => {
    log.flush();
    return existsSync(log.file)
      ? readFileSync(log.file, "utf8")
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line))
      : [];
  };
  return { home, config, log, lines };
}

describe("Node SDK", () => {
  it("appends only vocabulary values, numbers and outcomes", () => {
    const { log, lines } = setUp();
    const fields = { command_path: `git push ${canary}`, duration_ms: 12, status: "ok", [canary]: canary } as const;
    expect(log.record("command_finished", fields)).toBe(true);
    expect(log.record("agent_event", { stream: "tool", tool_phase: "end", tool_name: canary })).toBe(true);
    expect(lines()).toMatchObject([
      { event_type: "command_finished", source: "node_sdk", command_path: "git push", duration_ms: 12, status: "ok" },
      { event_type: "agent_event", tool_name: "custom" },
    ]);
    expect(JSON.stringify(lines())).not.toContain(canary);
    expect(statSync(log.file).mode & 0o777).toBe(0o600);
  });

  it("times a command and returns or throws what it returns or throws", async () => {
    const { log, lines } = setUp();
    expect(await log.time("npm run", () => 7)).toBe(7);
    await expect(log.time("npm run", () => Promise.reject(new Error(canary)))).rejects.toThrow(canary);
    expect(lines().map(({ event_type: type }) => type)).toEqual([
      "command_started",
      "command_finished",
      "command_started",
      "command_failed",
    ]);
  });

  it.each([
    ["there is no consent record", null, {}],
    ["the user declined", consentRecord("off"), {}],
    ["the environment forbids it", consentRecord("local"), { NEXUS_TELEMETRY: "0" }],
    ["event logs are disabled", consentRecord("local"), { NEXUS_EVENT_LOG: "0" }],
  ])("invariant: off-means-nothing: writes nothing if %s", (_why, decision, env) => {
    const { home, log } = setUp(decision, env);
    expect(log.mode).toBe("off");
    expect(log.record("task_completed", {})).toBe(false);
    expect(log.lastRefusal).toContain("Recording is off");
    expect(existsSync(log.file)).toBe(false);
    if (decision === null) expect(readdirSync(home)).toEqual([".config"]);
  });

  it("respects a refusal immediately, and categories that are not selected", () => {
    const { home, log, lines } = setUp({ ...consentRecord("local"), collect: ["command_usage"] });
    expect(log.record("command_finished", { command_path: "ls", duration_ms: 5 })).toBe(true);
    expect(log.record("task_completed", {})).toBe(false);
    expect(log.lastRefusal).toBe("The user has not selected the category of this event.");
    expect(lines()).toHaveLength(1);
    expect(lines()[0]).not.toHaveProperty("duration_ms");
    decide(home, consentRecord("off"));
    expect(log.record("command_finished", { command_path: "ls" })).toBe(false);
  });

  it("writes at 100 events, at once for an error, and as the user's configuration says", () => {
    const { log, config } = setUp();
    const stored = () => (existsSync(log.file) ? readFileSync(log.file, "utf8").trimEnd().split("\n").length : 0);
    for (let n = 0; n < 99; n += 1) log.record("task_completed", {});
    expect(stored()).toBe(0);
    log.record("task_completed", {});
    expect(stored()).toBe(100);
    log.record("task_completed", {});
    log.record("error_occurred", { error_category: "timeout" });
    expect(stored()).toBe(102);
    writeFileSync(join(config, "config.toml"), "[telemetry]\nbatch_size = 2\n");
    log.record("task_completed", {});
    expect(stored()).toBe(102);
    log.record("task_completed", {});
    expect(stored()).toBe(104);
  });

  it("discards what it buffered if the user withdraws consent", () => {
    const { home, log, lines } = setUp();
    expect(log.record("task_completed", {})).toBe(true);
    decide(home, consentRecord("off"));
    expect(log.flush()).toBe(true);
    expect(lines()).toEqual([]);
  });

  it("says why an event was not accepted, without its values", () => {
    const { log } = setUp();
    expect(log.record("command_finished", {} as never)).toBe(false);
    expect(log.lastRefusal).toMatch(/required field/);
    expect(log.record(canary as "task_completed", {})).toBe(false);
    expect(log.lastRefusal).toBe("This is not an event that a program may record.");
    expect(log.record("task_completed", {})).toBe(true);
    expect(log.lastRefusal).toBeNull();
  });

  it("never throws, whatever the folders, the consent file and the fields", () => {
    const { home, config, log } = setUp();
    rmSync(home, { recursive: true });
    expect(log.record("task_completed", {})).toBe(false);
    const damaged = setUp();
    writeFileSync(join(damaged.config, "consent.jsonl"), "{");
    expect(damaged.log.record("task_completed", {})).toBe(false);
    const blocked = setUp();
    mkdirSync(join(blocked.home, "nexus", "state"), { recursive: true });
    writeFileSync(join(blocked.home, "nexus", "state", "events"), "not a folder");
    expect(blocked.log.record("error_occurred", { error_category: "timeout" })).toBe(false);
    chmodSync(join(blocked.home, "nexus", "state"), 0o700);
    expect(existsSync(config)).toBe(false);
    const trapped = setUp();
    const trap = Object.defineProperty({}, "status", {
      enumerable: true,
      get: () => {
        throw new Error(canary);
      },
    });
    expect(trapped.log.record("task_completed", trap)).toBe(false);
    expect(trapped.log.record("install_completed" as "task_completed", {})).toBe(false);
    expect(trapped.lines()).toEqual([]);
    const working = setUp();
    fc.assert(
      fc.property(fc.constantFrom(...programEvents), fc.object(), (type, fields) => {
        working.log.record(type, fields as never);
      }),
    );
    const alphabet = /^[\x20-\x7e]*$/;
    for (const line of working.lines()) expect(JSON.stringify(line)).toMatch(alphabet);
  });
});

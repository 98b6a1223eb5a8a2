/** Events of another extension, recorded through the public API. */
import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert";
import { existsSync } from "node:fs";
import { commands, extensions } from "vscode";
import type { Recording } from "../../../extension/api/public-api.ts";
import { database, eventually, of, setting, storedEvents } from "./editor.ts";

/** The example's exports. */
interface Example {
  readonly telemetry: Recording;
  readonly modes: readonly string[];
}

const canary = "canary-api-2c44";
const api = of("vscode_api");

async function example(): Promise<Example> {
  const found = extensions.getExtension<Example>("nexus-example.example");
  if (found === undefined) throw new Error("the example extension is not installed");
  return found.activate();
}

export function extensionsSuite(): void {
  describe("extension API", () => {
    it("records a command with duration and outcome under a hash of the extension's ID", async () => {
      strictEqual(await commands.executeCommand("example.build", false), "built");
      await rejects(async () => commands.executeCommand("example.build", true), new RegExp(canary));
      const events = api(await eventually((stored) => api(stored).length >= 4));
      deepStrictEqual(
        events.map(({ event_type, command_path }) => [event_type, command_path]),
        [
          ["command_started", "npm run build"],
          ["command_finished", "npm run build"],
          ["command_started", "npm run build"],
          ["command_failed", "npm run build"],
        ],
      );
      const [first] = events;
      match(String(first?.caller_hash), /^[0-9a-f]{32}$/);
      ok(events.every(({ caller_hash }) => caller_hash === first?.caller_hash));
    });

    it("invariant: no-free-text: stores only vocabulary values, whatever an extension passes", async () => {
      const { telemetry } = await example();
      const fields = {
        stream: "tool",
        tool_phase: "end",
        tool_name: canary,
        caller_hash: canary,
        [canary]: canary,
      } as const;
      strictEqual(telemetry.record("agent_event", fields), true);
      strictEqual(telemetry.record("install_completed" as "agent_event", fields), false);
      strictEqual(telemetry.record("agent_event", null as never), false);
      // Fields that are not JSON, that forge the envelope, or that throw when they are read.
      const hostile = {
        duration_ms: 1n,
        stream: "tool",
        tool_phase: "end",
        tool_name: canary,
        session_id: canary,
        source: "vscode",
      };
      strictEqual(telemetry.record("agent_event", hostile as never), false);
      strictEqual(
        telemetry.record("task_completed", { event_type: "events_dropped", dropped_count: 9 } as never),
        true,
      );
      const throwing = Object.defineProperty({}, "status", {
        enumerable: true,
        get: () => {
          throw new Error(canary);
        },
      });
      strictEqual(telemetry.record("task_completed", throwing), false);
      const all = await eventually((stored) => api(stored).some(({ event_type }) => event_type === "task_completed"));
      ok(!all.some(({ event_type }) => event_type === "events_dropped"));
      const events = api(await eventually((stored) => api(stored).some(({ tool_name }) => tool_name === "custom")));
      ok(!JSON.stringify(events).includes(canary));
    });

    it("reports mode changes, and records nothing while its setting or the mode is off", async () => {
      const { telemetry, modes } = await example();
      strictEqual(telemetry.mode, "local");
      await setting("nexus.telemetry.capture.extensions", false);
      strictEqual(telemetry.record("task_completed", {}), false);
      await setting("nexus.telemetry.capture.extensions", true);
      const before = api(await storedEvents()).length;
      await setting("nexus.telemetry.enabled", false);
      strictEqual(telemetry.mode, "off");
      strictEqual(telemetry.record("task_completed", {}), false);
      strictEqual(await telemetry.time("npm run build", () => 7), 7);
      await setting("nexus.telemetry.enabled", true);
      deepStrictEqual(modes.slice(-2), ["off", "local"]);
      strictEqual(telemetry.record("task_completed", {}), true);
      const after = api(await eventually((stored) => api(stored).length > before));
      strictEqual(after.length, before + 1);
      ok(existsSync(database));
    });
  });
}

/** Other extensions as a source: the example extension beside this one, with its own process of nothing. */
import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert";
import { existsSync } from "node:fs";
import { commands, extensions } from "vscode";
import type { Recording } from "../../../extension/api/public-api.ts";
import { database, eventually, of, setting, storedEvents } from "./editor.ts";

/** What the example hands out. */
interface Example {
  readonly telemetry: Recording;
  readonly modes: readonly string[];
}

const canary = "canary-api-2c44";
const api = of("vscode_api");

async function example(): Promise<Example> {
  const found = extensions.getExtension<Example>("nexus-example.example");
  if (found === undefined) throw new Error("the example extension is not there");
  return found.activate();
}

export function extensionsSuite(): void {
  describe("another extension", () => {
    it("records a command with its duration and end, under a hash of its name", async () => {
      strictEqual(await commands.executeCommand("example.build", false), "built");
      await rejects(async () => commands.executeCommand("example.build", true), new RegExp(canary));
      const events = api(await eventually((stored) => api(stored).length >= 4));
      deepStrictEqual(
        events.map(({ event_type, command_path }) => [event_type, command_path]),
        [
          ["command_started", "npm run"],
          ["command_finished", "npm run"],
          ["command_started", "npm run"],
          ["command_failed", "npm run"],
        ],
      );
      const [first] = events;
      match(String(first?.caller_hash), /^[0-9a-f]{32}$/);
      ok(events.every(({ caller_hash }) => caller_hash === first?.caller_hash));
    });

    it("invariant: no-free-text: whatever it gives, nothing of it but words of the lists is stored", async () => {
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
      // What would stop the queue, forge the envelope, or throw when it is read.
      const odd = {
        duration_ms: 1n,
        stream: "tool",
        tool_phase: "end",
        tool_name: canary,
        session_id: canary,
        source: "vscode",
      };
      strictEqual(telemetry.record("agent_event", odd as never), false);
      strictEqual(
        telemetry.record("task_completed", { event_type: "events_dropped", dropped_count: 9 } as never),
        true,
      );
      const trap = Object.defineProperty({}, "status", {
        enumerable: true,
        get: () => {
          throw new Error(canary);
        },
      });
      strictEqual(telemetry.record("task_completed", trap), false);
      const all = await eventually((stored) => api(stored).some(({ event_type }) => event_type === "task_completed"));
      ok(!all.some(({ event_type }) => event_type === "events_dropped"));
      const before = api(await eventually((stored) => api(stored).some(({ tool_name }) => tool_name === "custom")));
      ok(!JSON.stringify(before).includes(canary));
    });

    it("hears of the mode, and is not heard once its setting or the user says no", async () => {
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

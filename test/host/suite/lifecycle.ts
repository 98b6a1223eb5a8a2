/** Mode local: lifecycle events of the extension: sessions, installation, features, crashes. */
import { deepStrictEqual, strictEqual } from "node:assert";
import { commands } from "vscode";
import { eventually, type StoredEvent, setting, storedEvents, workerPids } from "./editor.ts";

const ofType = (type: string) => (events: readonly StoredEvent[]) =>
  events.filter(({ event_type }) => event_type === type);

const showStatus = () => commands.executeCommand("nexus.telemetry.status");

export function lifecycleSuite(): void {
  describe("lifecycle capture", () => {
    it("records the installation and the start of the session once", async () => {
      await showStatus();
      await showStatus();
      const events = await eventually((stored) => ofType("command_finished")(stored).length >= 2);
      const [first] = events;
      strictEqual(first?.event_type, "session_started");
      strictEqual(ofType("session_started")(events).length, 1);
      deepStrictEqual(
        ofType("install_completed")(events).map(({ install_method }) => install_method),
        ["other"],
      );
    });

    it("records the first and the fifth use of a feature", async () => {
      for (let n = 0; n < 3; n += 1) await showStatus();
      const events = await eventually((stored) => ofType("feature_adoption")(stored).length > 0);
      deepStrictEqual(
        events
          .filter(({ feature }) => feature === "status")
          .map(({ event_type, milestone }) => [event_type, milestone]),
        [
          ["feature_discovered", null],
          ["feature_first_use", null],
          ["feature_adoption", "5"],
        ],
      );
    });

    it("records that help was viewed and that a feature was disabled", async () => {
      await commands.executeCommand("nexus.telemetry.help");
      await commands.executeCommand("nexus.telemetry.terminal");
      await commands.executeCommand("nexus.telemetry.terminal");
      const events = await eventually((stored) => ofType("feature_disabled")(stored).length > 0);
      strictEqual(ofType("help_viewed")(events).length, 1);
      strictEqual(ofType("feature_disabled")(events)[0]?.feature, "cli");
    });

    it("records a crash of the worker", async () => {
      const [pid = 0] = workerPids();
      process.kill(pid, "SIGKILL");
      await showStatus();
      const events = await eventually((stored) => ofType("crash_detected")(stored).length > 0);
      strictEqual(ofType("crash_detected")(events)[0]?.component, "worker");
    });

    it("stops immediately when its setting is disabled", async () => {
      await setting("nexus.telemetry.capture.lifecycle", false);
      const before = ofType("crash_detected")(await storedEvents()).length;
      const [pid = 0] = workerPids();
      process.kill(pid, "SIGKILL");
      const count = ofType("command_finished")(await storedEvents()).length;
      await showStatus();
      const events = await eventually((stored) => ofType("command_finished")(stored).length > count);
      strictEqual(ofType("crash_detected")(events).length, before);
      strictEqual(ofType("session_ended")(events).length, 1);
      await setting("nexus.telemetry.capture.lifecycle", true);
      await showStatus();
      await eventually((stored) => ofType("command_finished")(stored).length > count + 1);
    });
  });
}

/** Mode local: the product as a source of its own: sessions, installation, features, crashes. */
import { deepStrictEqual, strictEqual } from "node:assert";
import { commands } from "vscode";
import { eventually, type StoredEvent, setting, storedEvents, workerPids } from "./editor.ts";

const typed = (type: string) => (events: readonly StoredEvent[]) =>
  events.filter(({ event_type }) => event_type === type);

const showStatus = () => commands.executeCommand("nexus.telemetry.status");

export function lifecycleSuite(): void {
  describe("the product as a source", () => {
    it("tells the installation and the beginning of the session, once", async () => {
      await showStatus();
      await showStatus();
      const events = await eventually((stored) => typed("command_finished")(stored).length >= 2);
      const [first] = events;
      strictEqual(first?.event_type, "session_started");
      strictEqual(typed("session_started")(events).length, 1);
      deepStrictEqual(
        typed("install_completed")(events).map(({ install_method }) => install_method),
        ["other"],
      );
    });

    it("tells the first use of a feature, and the fifth", async () => {
      for (let n = 0; n < 3; n += 1) await showStatus();
      const events = await eventually((stored) => typed("feature_adoption")(stored).length > 0);
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

    it("tells that help was viewed, and that a feature was switched off", async () => {
      await commands.executeCommand("nexus.telemetry.help");
      await commands.executeCommand("nexus.telemetry.terminal");
      await commands.executeCommand("nexus.telemetry.terminal");
      const events = await eventually((stored) => typed("feature_disabled")(stored).length > 0);
      strictEqual(typed("help_viewed")(events).length, 1);
      strictEqual(typed("feature_disabled")(events)[0]?.feature, "cli");
    });

    it("tells that the worker crashed", async () => {
      const [pid = 0] = workerPids();
      process.kill(pid, "SIGKILL");
      await showStatus();
      const events = await eventually((stored) => typed("crash_detected")(stored).length > 0);
      strictEqual(typed("crash_detected")(events)[0]?.component, "worker");
    });

    it("stops at once when its setting says so", async () => {
      await setting("nexus.telemetry.capture.lifecycle", false);
      const before = typed("crash_detected")(await storedEvents()).length;
      const [pid = 0] = workerPids();
      process.kill(pid, "SIGKILL");
      const count = typed("command_finished")(await storedEvents()).length;
      await showStatus();
      const events = await eventually((stored) => typed("command_finished")(stored).length > count);
      strictEqual(typed("crash_detected")(events).length, before);
      strictEqual(typed("session_ended")(events).length, 1);
      await setting("nexus.telemetry.capture.lifecycle", true);
      await showStatus();
      await eventually((stored) => typed("command_finished")(stored).length > count + 1);
    });
  });
}

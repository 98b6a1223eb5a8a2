/** Builds the events that a command would record with these categories. Never runs or stores anything. */
import { v4, v7 } from "uuid";
import type { CleanEvent } from "../server/privacy/clean-event.ts";
import { Firewall } from "../server/privacy/firewall.ts";
import { NameHasher, Salt } from "../server/privacy/identity.ts";
import type { Category } from "../shared/schema/categories.ts";
import { createRawEvent } from "../shared/schema/raw-event.ts";

export function previewOf(
  command: readonly string[],
  collect: readonly Category[],
): readonly Pick<CleanEvent, "type" | "payload">[] {
  // A temporary salt, because a preview must not create the real one.
  const salt = Salt.random();
  const firewall = new Firewall(new NameHasher(() => salt));
  const nowMs = Date.now();
  const session = v4();
  const events = (["start", "end"] as const).map((phase, n) => {
    const envelope = {
      ...({ id: v7(), event_type: "agent_event", ts: nowMs, utc_offset_min: 0 } as const),
      ...({ session_id: session, source: "vscode_terminal", seq: n + 1 } as const),
    };
    const end = phase === "end" ? { exit_code: 0, duration_ms: 0 } : {};
    return firewall.admit(
      createRawEvent(envelope, {
        stream: "tool",
        tool_name: "run_terminal_cmd",
        tool_phase: phase,
        command_words: command,
        ...end,
      }),
      { collect, blockSensitive: false },
      nowMs,
    );
  });
  return events.flatMap((event) => (event === undefined ? [] : [{ type: event.type, payload: event.payload }]));
}

/** `nexus telemetry show`: the newest events that were not sent, as they are stored; or what a command would leave. */
import { v4, v7 } from "uuid";
import { everything, Firewall } from "../../../server/privacy/firewall.ts";
import { NameHasher, Salt } from "../../../server/privacy/identity.ts";
import type { StoredEvent } from "../../../server/store/event-reader.ts";
import { captured } from "../../../shared/captured.ts";
import type { Value } from "../../../shared/kinds.ts";
import { countText } from "../../../shared/words.ts";
import { facts, type JsonOption, print, printJson, timeText } from "../../print.ts";
import { withWorker } from "../../product.ts";
import { heading, wrapped } from "../../terminal.ts";

interface ShowOptions extends JsonOption {
  readonly limit?: number;
}

type Shown = Pick<StoredEvent, "type" | "payload"> & { readonly tsMs?: number };

function eventText({ type, payload, tsMs }: Shown, n: number): string {
  const rows = Object.entries(payload).map(([name, value]) => [name, valueText(value)] as const);
  const when = tsMs === undefined ? "" : `  (${timeText(tsMs)})`;
  return `Event ${n}: ${type}${when}${rows.length === 0 ? "" : `\n${facts(rows, "  ")}`}\n`;
}

const valueText = (value: Value): string => (typeof value === "object" ? value.join(", ") : String(value));

export async function run(command: readonly string[], { json, limit = 10 }: ShowOptions): Promise<void> {
  if (command.length > 0) preview(command, json === true);
  else await pending(limit, json === true);
}

function pending(limit: number, json: boolean): Promise<void> {
  return withWorker((worker) => {
    const { events, total, sharing } = worker.newest(limit);
    if (json) {
      printJson({ version: 1, total, events });
      return;
    }
    const kind = sharing ? "Pending Telemetry Events (not yet sent)" : "Newest Telemetry Events (nothing is sent)";
    print(`${heading(kind)}\n`);
    for (const [n, event] of events.entries()) print(eventText(event, n + 1));
    const shown = events.length < total ? `, the newest ${events.length} shown` : "";
    print(`Total: ${countText(total, "event")} ${sharing ? "pending" : "stored"}${shown}`);
    if (total === 0) print("nexus telemetry show -- COMMAND shows what a command would leave.");
  });
}

/** What a terminal command would leave, made as the recorder makes it, and kept nowhere. */
function preview(command: readonly string[], json: boolean): void {
  // A salt of its own: the real one comes into being with the first name that is recorded.
  const salt = Salt.random();
  const firewall = new Firewall(new NameHasher(() => salt));
  const line = command.join(" ");
  const nowMs = Date.now();
  const session = v4();
  const made = (["start", "end"] as const).map((phase, n) => {
    const envelope = {
      ...({ id: v7(), event_type: "agent_event", ts: nowMs, utc_offset_min: 0 } as const),
      ...({ session_id: session, source: "vscode_terminal", seq: n + 1 } as const),
    };
    const end = phase === "end" ? { exit_code: 0, duration_ms: 0 } : {};
    return firewall.admit(
      captured(envelope, {
        stream: "tool",
        tool_name: "run_terminal_cmd",
        tool_phase: phase,
        command_line: line,
        ...end,
      }),
      everything,
      nowMs,
    );
  });
  const events = made.flatMap((event) => (event === undefined ? [] : [{ type: event.type, payload: event.payload }]));
  if (json) {
    printJson({ version: 1, preview: true, events });
    return;
  }
  print(`${heading("What this command would leave")}\n`);
  for (const [n, event] of events.entries()) print(eventText(event, n + 1));
  print(
    wrapped(
      "Nothing was run, recorded or kept. Of the command itself only its public name (command_path) stays; duration and exit class are those of the run.",
    ),
  );
}

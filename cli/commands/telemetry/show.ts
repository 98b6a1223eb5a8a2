/** `nexus telemetry show`: the newest events (in mode `share` those not sent yet), or a preview of a command. */
import type { StoredEvent } from "../../../server/store/events/read.ts";
import type { FieldValue } from "../../../shared/schema/field-types.ts";
import { countText, dateTimeText } from "../../../shared/text/format.ts";
import { definitionList, type JsonOption, print, printJson } from "../../output/print.ts";
import { heading, wrapped } from "../../output/terminal.ts";
import { withFreshReader } from "../../runtime.ts";

interface ShowOptions extends JsonOption {
  readonly limit?: number;
}

type DisplayedEvent = Pick<StoredEvent, "type" | "payload"> & { readonly tsMs?: number };

function eventText({ type, payload, tsMs }: DisplayedEvent, n: number): string {
  const rows = Object.entries(payload).map(([name, value]) => [name, valueText(value)] as const);
  const when = tsMs === undefined ? "" : `  (${dateTimeText(tsMs)})`;
  return `Event ${n}: ${type}${when}${rows.length === 0 ? "" : `\n${definitionList(rows, "  ")}`}\n`;
}

const valueText = (value: FieldValue): string => (typeof value === "object" ? value.join(", ") : String(value));

export async function run(command: readonly string[], { json, limit = 10 }: ShowOptions): Promise<void> {
  if (command.length > 0) await preview(command, json === true);
  else await pending(limit, json === true);
}

function pending(limit: number, json: boolean): Promise<void> {
  return withFreshReader((reader) => {
    const { events, total, sharing } = reader.newest(limit);
    if (json) {
      printJson({ version: 1, total, events });
      return;
    }
    const kind = sharing ? "Pending Telemetry Events (not yet sent)" : "Newest Telemetry Events (nothing is sent)";
    print(`${heading(kind)}\n`);
    for (const [n, event] of events.entries()) print(eventText(event, n + 1));
    const shown = events.length < total ? `, the newest ${events.length} shown` : "";
    print(`Total: ${countText(total, "event")} ${sharing ? "pending" : "stored"}${shown}`);
    if (total === 0) print("To preview a command: nexus telemetry show -- COMMAND");
  });
}

async function preview(command: readonly string[], json: boolean): Promise<void> {
  const { previewOf } = await import("../../preview-command.ts");
  const events = previewOf(command);
  if (json) {
    printJson({ version: 1, preview: true, events });
    return;
  }
  print(`${heading("Preview")}\n`);
  for (const [n, event] of events.entries()) print(eventText(event, n + 1));
  print(
    wrapped(
      "The command was not run or recorded. Only its public name (command_path) would be stored, with duration and exit status.",
    ),
  );
}

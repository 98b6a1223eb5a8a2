/**
 * `nexus telemetry show`: the newest events, in mode `share` those not sent yet as they would be sent, or a preview of a command.
 */
import type { StoredEvent } from "../../../server/store/events/read.ts";
import { askedCategories } from "../../../shared/consent/category-groups.ts";
import type { FieldValue } from "../../../shared/schema/field-types.ts";
import { countText, dateTimeText } from "../../../shared/text/format.ts";
import { definitionList, type JsonOption, print, printJson } from "../../output/print.ts";
import { heading, wrapped } from "../../output/terminal.ts";
import { withFreshReader, withReader } from "../../runtime.ts";

interface ShowOptions extends JsonOption {
  readonly limit?: number;
}

type DisplayedEvent = Pick<StoredEvent, "type" | "payload"> & { readonly tsMs?: number };

function storedText({ type, payload, tsMs }: DisplayedEvent, n: number): string {
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
    const newest = reader.newest(limit);
    const { events, total, sharing } = newest;
    if (json) {
      printJson({ version: 2, total, sharing, events });
      return;
    }
    const kind = sharing
      ? "Pending Telemetry Events (as they would be sent)"
      : "Newest Telemetry Events (nothing is sent)";
    print(`${heading(kind)}\n`);
    if (newest.sharing) for (const [n, event] of newest.events.entries()) print(sentText(event, n + 1));
    else for (const [n, event] of newest.events.entries()) print(storedText(event, n + 1));
    const shown = events.length < total ? `, the newest ${events.length} shown` : "";
    print(`Total: ${countText(total, "event")} ${sharing ? "pending" : "stored"}${shown}`);
    if (sharing) print("The exact bytes: nexus usage upload --dry-run --json");
    if (total === 0) print("To preview a command: nexus telemetry show -- COMMAND");
  });
}

/** Returns the values of an event as it is sent, nested ones by their path: `payload.execution.status`. */
function flat(value: object, prefix = ""): readonly (readonly [string, string])[] {
  return Object.entries(value).flatMap(([name, part]): readonly (readonly [string, string])[] =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? flat(part, `${prefix}${name}.`)
      : [[`${prefix}${name}`, Array.isArray(part) ? part.join(", ") : String(part)]],
  );
}

function sentText(event: object, n: number): string {
  return `Event ${n}: ${String(Reflect.get(event, "event_type"))}\n${definitionList(flat(event), "  ")}\n`;
}

async function preview(command: readonly string[], json: boolean): Promise<void> {
  const { previewOf } = await import("../../preview-command.ts");
  const permission = await withReader((reader) => reader.status().permission);
  const hasConsent = permission?.consent === "given" && permission.agreed.length > 0;
  const collect = hasConsent ? permission.agreed : askedCategories;
  const events = previewOf(command, collect);
  if (json) {
    printJson({ version: 1, preview: true, events });
    return;
  }
  print(`${heading("Preview")}\n`);
  if (events.length === 0) print("Nothing would be recorded: Tool usage is not selected (nexus telemetry enable).\n");
  for (const [n, event] of events.entries()) print(storedText(event, n + 1));
  print(
    wrapped(
      `The command was not run or recorded. ${hasConsent ? "This is what your selected categories keep of it." : "You have not chosen yet: this is what all categories together would keep of it."}`,
    ),
  );
}

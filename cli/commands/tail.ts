/** `nexus tail`: prints events as they are stored, until Ctrl+C. */
import { setTimeout as pause } from "node:timers/promises";
import type { TelemetryReader } from "../../server/worker/reader.ts";
import { isOptOut } from "../../shared/consent/consent.ts";
import type { TailEvent } from "../../shared/protocol/query.ts";
import { dateTimeText, durationText } from "../../shared/text/format.ts";
import { terminalJson, terminalText } from "../../shared/text/terminal-text.ts";
import { UsageError } from "../exit.ts";
import type { CsvOption } from "../output/csv.ts";
import { offText } from "../output/nothing.ts";
import { type JsonOption, print, printError } from "../output/print.ts";
import { styled } from "../output/terminal.ts";
import { type QueryOptions, queryOf, resolved } from "../query.ts";
import { importLogs, withFreshReader, withService } from "../runtime.ts";

/** Between two readings. Milliseconds. */
const pollMs = 500;
const usualCount = 10;

interface TailOptions extends QueryOptions, JsonOption, CsvOption {
  /** Commander's name of `--no-follow`. */
  readonly follow?: boolean;
}

export async function run({
  json = false,
  csv,
  follow = true,
  limit = usualCount,
  ...options
}: TailOptions): Promise<void> {
  const asked = queryOf(options);
  const ending = new AbortController();
  const end = () => ending.abort();
  if (follow) process.once("SIGINT", end);
  if (json && csv === true) throw new UsageError("Use either --json or --csv.");
  const write = json ? printJsonLine : csv === true ? await csvWriter() : printLine;
  return withFreshReader(
    async (reader) => {
      const { filters = {} } = resolved(reader, asked);
      let key = reader.lastKey();
      const first = reader.tail(filters, undefined, limit);
      for (const event of first) write(event);
      if (!follow) {
        const off = offText(reader);
        if (first.length === 0 && !json) print(off ?? "No events yet.");
        else if (off !== undefined) printError(off);
        return;
      }
      if (!json) printStart(reader, first.length);
      while (!ending.signal.aborted) {
        await pause(pollMs, undefined, { signal: ending.signal }).catch(() => undefined);
        await importNew(reader);
        for (const event of reader.tail(filters, key)) {
          write(event);
          key = event.key;
        }
      }
    },
    // Ctrl+C is how this command ends.
    { ignoresInterrupt: follow },
  ).finally(() => process.off("SIGINT", end));
}

/** Imports lines that hooks have appended to event logs, unless an editor does. */
async function importNew(reader: TelemetryReader): Promise<void> {
  if (isOptOut(process.env["NEXUS_EVENT_LOG"]) || reader.unreadLogs().size === 0) return;
  await withService((service) => importLogs(service), { ignoresInterrupt: true });
}

function printStart(reader: TelemetryReader, count: number): void {
  const off = offText(reader);
  if (off !== undefined) print(off);
  else if (count === 0) print("No events yet. Waiting for the first … (Ctrl+C: stop)");
}

/** Prints the heading at once, then a line for each event. */
async function csvWriter(): Promise<(event: TailEvent) => void> {
  const { stringify } = await import("csv-stringify/sync");
  const columns = ["key", "tsMs", "source", "session", "name", "outcome", "exitClass", "durationMs"] as const;
  const line = (cells: readonly unknown[]) => process.stdout.write(terminalText(stringify([[...cells]])));
  line(columns.map((name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)));
  return (event) => line(columns.map((name) => event[name]));
}

function printJsonLine(event: TailEvent): void {
  process.stdout.write(`${terminalJson(JSON.stringify({ version: 1, ...event }))}\n`);
}

const colours = { ok: "green", failed: "red", cancelled: "yellow" } as const;

function printLine({ tsMs, source, name, outcome, exitClass, durationMs }: TailEvent): void {
  const colour = outcome === null ? undefined : colours[outcome as keyof typeof colours];
  const status = (outcome ?? "").padEnd(9);
  const parts = [
    dateTimeText(tsMs),
    source.padEnd(15),
    colour === undefined ? status : styled(colour, status),
    durationMs === null ? "        " : durationText(durationMs).padStart(8),
    name,
  ];
  if (outcome === "failed" && exitClass !== null && exitClass !== "unknown") parts.push(`(${exitClass})`);
  print(parts.join("  "));
}

/** `nexus query`: runs a SELECT of the user's in a child process, which is ended after a time. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { views } from "../../server/analytics/sql/views.ts";
import { durationText, numberText } from "../../shared/text/format.ts";
import { exitCodes, InterruptedError, ReportedError, UnavailableError, UsageError } from "../exit.ts";
import { type CsvOption, printCsvRows } from "../output/csv.ts";
import { type JsonOption, print, printError, printJson } from "../output/print.ts";
import { table } from "../output/table.ts";
import { wrapped } from "../output/terminal.ts";
import { withFreshReader } from "../runtime.ts";
import { maxRows, type RowsLine } from "./query-rows.ts";

interface SqlOptions extends JsonOption, CsvOption {
  readonly timeout?: number;
  readonly limit?: number;
  readonly views?: boolean;
}

const usualTimeoutSec = 10;
const maxTimeoutSec = 86_400;

interface Result {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
  /** Whether there are more rows. */
  readonly cut: boolean;
}

export async function run(statement: string | undefined, options: SqlOptions): Promise<void> {
  if (options.views === true) return printViews(options.json === true);
  const sql =
    statement === "-" || (statement === undefined && !process.stdin.isTTY) ? await text(process.stdin) : statement;
  if (sql === undefined || sql.trim() === "")
    throw new UsageError("A statement is missing, such as: nexus query 'SELECT * FROM events_readable LIMIT 5'");
  const { limit = maxRows, timeout = usualTimeoutSec } = options;
  if (timeout > maxTimeoutSec) throw new UsageError(`--timeout is at most ${numberText(maxTimeoutSec)} seconds.`);
  if (limit > maxRows) throw new UsageError(`--limit is at most ${numberText(maxRows)}.`);
  // Imports what hooks have recorded, as other reports do.
  await withFreshReader(() => undefined);
  const { columns, rows, cut } = await inChild(sql, limit, timeout * 1_000);
  if (options.json === true) {
    const objects = rows.map((row) => Object.fromEntries(columns.map((name, n) => [name, row[n] ?? null])));
    printJson({ version: 1, columns, rows: objects, cut });
  } else if (options.csv === true) await printCsvRows(columns, rows);
  else printTable(columns, rows);
  if (cut && options.json !== true)
    printError(`only the first ${numberText(rows.length)} rows are shown. Add a LIMIT or a condition.`);
}

function printTable(columns: Result["columns"], rows: Result["rows"]): void {
  if (rows.length === 0) {
    print("No rows.");
    return;
  }
  const cells = rows.map((row) => row.map((value) => (value === null ? "–" : oneLine(String(value)))));
  const isNumber = columns.map((_, n) => rows.every((row) => row[n] === null || typeof row[n] === "number"));
  const aligned = cells.map((row) =>
    row.map((cell, n) =>
      isNumber[n] === true ? cell.padStart(Math.max(columns[n]?.length ?? 0, widthOf(cells, n))) : cell,
    ),
  );
  const headings = columns.map((name, n) => (isNumber[n] === true ? name.padStart(widthOf(cells, n)) : name));
  print(table(headings, aligned));
}

/** A line break within a value would break the table. */
const oneLine = (text: string): string =>
  text.replace(/[\t\n\r]/g, (character) => JSON.stringify(character).slice(1, -1));

const widthOf = (cells: readonly (readonly string[])[], n: number): number =>
  cells.reduce((width, row) => Math.max(width, row[n]?.length ?? 0), 0);

/** @throws UsageError for a statement that is not accepted, ReportedError when the time is over. */
async function inChild(sql: string, limit: number, timeoutMs: number): Promise<Result> {
  const [script = ""] = process.argv.slice(1);
  const child = spawn(process.execPath, [...process.execArgv, script, "query-rows", "--limit", String(limit)], {
    stdio: ["pipe", "pipe", "pipe"],
    // Within the editor's executable the child is Node too.
    env: { ...process.env, ELECTRON_RUN_AS_NODE: "1" },
  });
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    child.kill("SIGKILL");
  }, timeoutMs);
  let isInterrupted = false;
  const interrupt = () => {
    isInterrupted = true;
    child.kill("SIGKILL");
  };
  process.once("SIGINT", interrupt);
  // A child that has ended does not read its input.
  child.stdin.on("error", () => undefined);
  child.stdin.end(sql);
  try {
    const ended = new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    const [result, errors, code] = await Promise.all([resultOf(child.stdout), text(child.stderr), ended]);
    if (isInterrupted) throw new InterruptedError();
    if (isLate)
      throw new ReportedError(
        `The query took longer than ${durationText(timeoutMs)} and was ended. Narrow it, or allow more time with --timeout.`,
      );
    if (code !== 0) throw errorOf(errors, code);
    return result;
  } finally {
    clearTimeout(timer);
    process.off("SIGINT", interrupt);
  }
}

function errorOf(text: string, code: number | null): Error {
  const sentence =
    text.replace(/^nexus: /, "").trim() ||
    "The query's process ended, perhaps because it ran out of memory. Narrow the query.";
  // The child's exit codes: the statement is not accepted, or there is no database.
  if (code === exitCodes.usage) return new UsageError(sentence);
  return code === exitCodes.notNow ? new UnavailableError(sentence) : new ReportedError(sentence);
}

async function resultOf(stdout: NodeJS.ReadableStream): Promise<Result> {
  let columns: readonly string[] = [];
  const rows: Result["rows"][number][] = [];
  let cut = false;
  for await (const text of createInterface({ input: stdout })) {
    const line = parsed(text);
    if (line === undefined) continue;
    if ("columns" in line) columns = line.columns;
    else if ("row" in line) rows.push(line.row as Result["rows"][number]);
    else cut = line.cut;
  }
  return { columns, rows, cut };
}

/** The last line of a child that was ended may be incomplete. */
function parsed(text: string): RowsLine | undefined {
  try {
    return JSON.parse(text) as RowsLine;
  } catch {
    return undefined;
  }
}

async function printViews(json: boolean): Promise<void> {
  const found = [];
  for (const { name, description } of views) {
    const { columns } = await inChild(`SELECT * FROM ${name} LIMIT 0`, 1, usualTimeoutSec * 1_000);
    found.push({ name, description, columns });
  }
  if (json) return printJson({ version: 1, views: found });
  for (const { name, description, columns } of found)
    print(`${name}\n${wrapped(description, "  ")}\n${wrapped(columns.join(", "), "  ")}\n`);
}

/**
 * The text of an export. JSON is one document, JSON Lines has one record per line, CSV (RFC 4180) has one kind. In JSON and JSON
 * Lines each row is on a line of its own, between a first line that describes the export and a last one that counts the rows, so
 * that `nexus import` can read it in one pass and notice a cut file.
 */
import { stringify } from "csv-stringify/sync";
import type { ExportFormat, ExportKind } from "../../../shared/protocol/worker.ts";
import type { ExportSink } from "./export-file.ts";

export const exportName = "nexus-telemetry-export";
/** Increases with every change that an earlier `nexus import` would misread. */
export const exportVersion = 1;

/** The first line. */
export interface ExportHeader {
  readonly format: typeof exportName;
  readonly version: typeof exportVersion;
  readonly exported_at: string;
  readonly product_version: string;
  /** Digest of the installation that recorded the rows without an `origin`. */
  readonly installation: string;
  /** Other installations, whose exports were imported, and when they exported the data. */
  readonly origins: readonly {
    readonly installation: string;
    readonly as_of: string;
    /** The agent whose files the rows come from. */
    readonly agent?: string;
  }[];
}

export type ExportRow = Readonly<Record<string, unknown>>;

/** How a row is named in JSON Lines. */
export const recordNames = {
  events: "event",
  sessions: "session",
  totals: "total",
  consent: "consent",
  ledger: "ledger",
  settings: "setting",
} as const satisfies Readonly<Record<ExportKind, string>>;

const csvOptions = {
  // A leading =, +, - or @ is a formula in spreadsheets.
  escape_formulas: true,
  cast: {
    boolean: (value: boolean) => String(value),
    object: (value: object) => JSON.stringify(value),
    number: (value: number) => ({ value: String(value), escape_formulas: false }),
  },
};

/** Writes one export; the rows of a kind follow each other. */
export class ExportDocument {
  readonly #sink: ExportSink;
  readonly #format: ExportFormat;
  readonly #counts: Partial<Record<ExportKind, number>> = {};
  #columns: readonly string[] = [];
  #kind: ExportKind | undefined;

  constructor(sink: ExportSink, format: ExportFormat) {
    this.#sink = sink;
    this.#format = format;
  }

  async begin(header: ExportHeader): Promise<void> {
    if (this.#format === "json") await this.#sink.write(`${JSON.stringify(header).slice(0, -1)}`);
    if (this.#format === "jsonl") await this.#sink.write(`${JSON.stringify({ record: "export", ...header })}\n`);
  }

  /** `columns`: of the CSV file. */
  async beginKind(kind: ExportKind, columns: readonly string[]): Promise<void> {
    await this.#endKind();
    this.#kind = kind;
    this.#columns = columns;
    this.#counts[kind] = 0;
    if (this.#format === "json") await this.#sink.write(`,\n${JSON.stringify(kind)}:[`);
    if (this.#format === "csv") await this.#sink.write(stringify([[...columns]]));
  }

  async rows(rows: readonly ExportRow[]): Promise<void> {
    const kind = this.#kind;
    if (kind === undefined || rows.length === 0) return;
    const before = this.#counts[kind] ?? 0;
    this.#counts[kind] = before + rows.length;
    await this.#sink.write(this.#textOf(kind, rows, before));
  }

  #textOf(kind: ExportKind, rows: readonly ExportRow[], before: number): string {
    if (this.#format === "csv")
      return stringify(
        rows.map((row) => this.#columns.map((name) => row[name])),
        csvOptions,
      );
    if (this.#format === "jsonl")
      return rows.map((row) => `${JSON.stringify({ record: recordNames[kind], ...row })}\n`).join("");
    return rows.map((row, n) => `${before + n === 0 ? "" : ","}\n${JSON.stringify(row)}`).join("");
  }

  async #endKind(): Promise<void> {
    if (this.#kind !== undefined && this.#format === "json") await this.#sink.write("\n]");
    this.#kind = undefined;
  }

  /** Returns the number of rows by kind. */
  async end(): Promise<Readonly<Partial<Record<ExportKind, number>>>> {
    await this.#endKind();
    const counts = this.#counts;
    if (this.#format === "json") await this.#sink.write(`,\n"counts":${JSON.stringify(counts)}}\n`);
    if (this.#format === "jsonl") await this.#sink.write(`${JSON.stringify({ record: "counts", counts })}\n`);
    return counts;
  }
}

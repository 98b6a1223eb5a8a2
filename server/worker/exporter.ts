/** Exports what the machine has: settings, consent, sessions, events, totals and the ledger, of the kinds that the user chose. */
import { createHash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { ExportFormat, ExportKind } from "../../shared/protocol/worker.ts";
import { settings } from "../config/settings.ts";
import { ExportDocument, type ExportRow, exportName, exportVersion } from "../store/export/document.ts";
import type { ExportSink } from "../store/export/export-file.ts";
import { ExportSnapshot, eventColumns, sessionColumns, totalColumns } from "../store/export/snapshot.ts";
import { productVersion } from "../version.ts";
import type { TelemetryCore } from "./core.ts";

export interface ExportOptions {
  /** CSV holds exactly one kind. */
  readonly what: readonly ExportKind[];
  readonly format: ExportFormat;
  readonly progress?: (done: number, total: number) => void;
}

export type ExportCounts = readonly { readonly kind: ExportKind; readonly rows: number }[];

/** The name of an installation in exports. Its ID itself also binds the consent, so it stays here. */
export const exportedInstallation = (installation: string): string =>
  createHash("sha256").update(`nexus-export ${installation}`).digest("hex").slice(0, 32);

interface Section {
  readonly columns: readonly string[];
  readonly rows: () => Iterable<readonly ExportRow[]>;
}

const consentColumns = [
  "ts",
  "state",
  "mode",
  "collect",
  "share",
  "destination",
  "automatic",
  "schema",
  "earlier_events",
  "notice",
  "via",
  "product",
  "legal_basis",
  "record_id",
  "installation",
  "damaged_line",
];

function parsedRecord(line: string): ExportRow {
  try {
    const parsed: unknown = JSON.parse(line);
    if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) return parsed as ExportRow;
  } catch {
    // Exported as it is.
  }
  return { damaged_line: line };
}

function* ledgerRows(lines: Iterable<string>): Iterable<readonly ExportRow[]> {
  for (const line of lines) yield [JSON.parse(line) as ExportRow];
}

function sectionsOf(core: TelemetryCore, snapshot: ExportSnapshot | undefined, format: ExportFormat) {
  const form = format === "csv" ? "flat" : "nested";
  const sections: Readonly<Record<ExportKind, Section>> = {
    settings: {
      columns: ["key", "value", "origin"],
      rows: () => [settings(core.paths.configFile, core.env).map((setting) => ({ ...setting }))],
    },
    consent: { columns: consentColumns, rows: () => [core.consent.entries().map(parsedRecord)] },
    sessions: { columns: sessionColumns, rows: () => snapshot?.sessions() ?? [] },
    events: { columns: eventColumns, rows: () => snapshot?.events(form) ?? [] },
    totals: { columns: totalColumns, rows: () => snapshot?.totals() ?? [] },
    ledger: { columns: ["seq", "entry", "hash", "body"], rows: () => ledgerRows(core.sharing.ledgerLines()) },
  };
  return sections;
}

/**
 * Writes the chosen kinds as they are at the time of the call. Other requests are handled meanwhile.
 * @throws ExportError, ConfigError, SQLite's error, or the reason of the core's signal.
 */
export async function exportTo(core: TelemetryCore, sink: ExportSink, options: ExportOptions): Promise<ExportCounts> {
  const { what, format, progress } = options;
  const store = core.locatedStore();
  // Migrates an older database.
  const exists = store.read(() => true) === true;
  const snapshot = exists ? ExportSnapshot.open(store.file) : undefined;
  try {
    const document = new ExportDocument(sink, format);
    const sections = sectionsOf(core, snapshot, format);
    const total = what.reduce((sum, kind) => sum + countOf(snapshot, kind), 0);
    let done = 0;
    await document.begin({
      format: exportName,
      version: exportVersion,
      exported_at: new Date(core.clock.nowMs()).toISOString(),
      product_version: productVersion,
      installation: exportedInstallation(core.permissions.installation() ?? ""),
      origins: (snapshot?.origins ?? []).map(({ name, asOfMs, agent }) => ({
        installation: name,
        as_of: new Date(asOfMs).toISOString(),
        ...(agent === undefined ? {} : { agent }),
      })),
    });
    for (const kind of what) {
      const { columns, rows } = sections[kind];
      await document.beginKind(kind, columns);
      for (const chunk of rows()) {
        await document.rows(chunk);
        done += chunk.length;
        progress?.(Math.min(done, total), total);
        await nextTurn();
        core.signal.throwIfAborted();
      }
    }
    return Object.entries(await document.end()).map(([kind, rows]) => ({ kind: kind as ExportKind, rows }));
  } finally {
    snapshot?.close();
  }
}

function countOf(snapshot: ExportSnapshot | undefined, kind: ExportKind): number {
  if (kind !== "events" && kind !== "sessions" && kind !== "totals") return 0;
  return snapshot?.count(kind === "totals" ? "rollups" : kind) ?? 0;
}

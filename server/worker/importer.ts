/**
 * Imports an export of another machine, of a container, or of this machine before a purge. It checks the whole file first, then
 * writes in short transactions; an import that is interrupted is removed. Imported data is local only: it is never shared.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { dayMs, hourMs } from "../../shared/schema/durations.ts";
import { NotPermittedError } from "../config/permission.ts";
import { type ExportLine, ExportReadError, exportLines } from "../ingest/export-lines.ts";
import { ImportedRowError } from "../privacy/imported.ts";
import { type Connection, immediately } from "../store/driver/driver.ts";
import { uuidBytes } from "../store/events/uuid-bytes.ts";
import { exportName, exportVersion } from "../store/export/document.ts";
import {
  addOrigin,
  addReplacement,
  beginMoves,
  completeOrigin,
  firstOwnHour,
  type ImportedOrigin,
  listOrigins,
} from "../store/import/origins.ts";
import { RowWriter } from "../store/import/row-writer.ts";
import { localHour, localHourOf } from "../store/rollups/local-time.ts";
import type { TelemetryCore } from "./core.ts";
import { exportedInstallation } from "./exporter.ts";
import { matching, originPattern, RowParser, timeIn, versionPattern } from "./imported-rows.ts";

type Fields = Readonly<Record<string, unknown>>;
type Row = Extract<ExportLine, { readonly type: "row" }>;

/** Rows per transaction: some milliseconds. */
const rowsPerStep = 500;

/** What an import of a file would do, or did, by the installation that recorded the data. */
export interface PlannedOrigin {
  readonly name: string;
  readonly asOfMs: number;
  /**
   * `import`: not known here. `replace`: an older export of it was imported. `restore`: this machine's own data from before its first
   * recorded hour. `skip`: the same export or a newer one was imported.
   */
  readonly action: "import" | "replace" | "restore" | "skip";
  readonly events: number;
  readonly sessions: number;
  readonly totals: number;
  readonly firstMs: number | null;
  readonly lastMs: number | null;
}

export interface ImportPlan {
  readonly file: string;
  readonly exportedMs: number;
  readonly productVersion: string;
  readonly origins: readonly PlannedOrigin[];
  /** Rows of the three kinds, with totals of days and months, which are computed instead. */
  readonly rows: number;
  /** Values that this version does not know and leaves out. */
  readonly unknownValues: number;
  /** Agents whose imported history is left out: it could not be known from what their files hold. */
  readonly historyOf: readonly string[];
}

export interface ImportResult {
  readonly events: number;
  readonly sessions: number;
  readonly totals: number;
  /** Events that were stored already. */
  readonly repeated: number;
  /** Events older than the retention period; their totals are imported. */
  readonly expired: number;
}

/** The rows of one installation that are written, and what they replace. */
interface Target {
  readonly id: number;
  readonly replaced: number | undefined;
}

const importedKinds = ["sessions", "events", "totals"] as const;

interface Counter {
  events: number;
  sessions: number;
  totals: number;
  firstMs: number | null;
  lastMs: number | null;
}

const noRows: Counter = { events: 0, sessions: 0, totals: 0, firstMs: null, lastMs: null };

interface Header {
  readonly exportedMs: number;
  readonly productVersion: string;
  readonly installation: string;
  /** Name → when it exported the data. */
  readonly origins: ReadonlyMap<string, number>;
  /** Names of imports of agents' files → the agent. */
  readonly histories: ReadonlyMap<string, string>;
}

export class ExportImporter {
  readonly #core: TelemetryCore;
  #ownHour: number | undefined;

  constructor(core: TelemetryCore) {
    this.#core = core;
  }

  /** Returns the imports of exports, oldest first. */
  list(): readonly ImportedOrigin[] {
    const origins = this.#core.locatedStore().read(listOrigins) ?? [];
    return origins.filter(({ agent }) => agent === null);
  }

  /**
   * Checks every line of the file and returns what an import would do. Changes nothing.
   * @throws NotPermittedError while recording is off, ExportReadError, SQLite's error.
   */
  async plan(file: string): Promise<ImportPlan> {
    if (this.#core.permissions.evaluate().permission.mode === "off")
      throw new NotPermittedError("Recording is off. Turn it on first: nexus telemetry enable");
    this.#ownHour = undefined;
    const parser = new RowParser();
    const counters = new Map<string, Counter>();
    const rows: Record<string, number> = {};
    const own = new Set<string>();
    const older = new Map<string, Counter>();
    let kinds: readonly string[] = [];
    let header: Header | undefined;
    for await (const line of exportLines(file)) {
      this.#core.signal.throwIfAborted();
      if (line.type === "header") header = headerOf(file, line.fields);
      else if (line.type === "counts") {
        checkCounts(file, line.fields, rows);
        kinds = Object.keys(line.fields);
      } else {
        rows[line.kind] = (rows[line.kind] ?? 0) + 1;
        const origin = this.#check(file, line, parser, header, { all: counters, older });
        if (origin !== undefined) own.add(origin);
      }
    }
    if (header === undefined) throw new ExportReadError(`${file} is empty.`);
    const { exportedMs, productVersion } = header;
    const origins = [...counters].map(([name, counter]) =>
      this.#planOf(name, { all: counter, older: older.get(name) ?? noRows }, header, own),
    );
    const missing = importedKinds.filter((kind) => !kinds.includes(kind));
    const fuller = origins.find(({ action, name }) => missing.length > 0 && action !== "skip" && this.#known(name));
    if (fuller !== undefined)
      throw new ExportReadError(
        `${file} has no ${missing.join(" and no ")}, so it cannot replace an earlier import of the same data. Export everything (--what all), or undo that import first (nexus import --list).`,
      );
    const historyOf = [...new Set(header.histories.values())].sort();
    const allRows = importedKinds.reduce((sum, kind) => sum + (rows[kind] ?? 0), 0);
    return {
      file,
      exportedMs,
      productVersion,
      origins,
      rows: allRows,
      unknownValues: parser.rows.unknownValues,
      historyOf,
    };
  }

  /** Counts a row by origin. Returns the origin if this machine has the event itself. @throws ExportReadError */
  #check(
    file: string,
    line: Row,
    parser: RowParser,
    header: Header | undefined,
    counters: { readonly all: Map<string, Counter>; readonly older: Map<string, Counter> },
  ): string | undefined {
    const name = originOf(line.fields, header);
    if (header?.histories.has(name) === true) return undefined;
    const firstHour = this.#firstOwnHour();
    const count = (kind: "events" | "sessions" | "totals", hour: number, ms: number) => {
      for (const map of hour < firstHour ? [counters.all, counters.older] : [counters.all]) {
        const counter = map.get(name) ?? { ...noRows };
        counter[kind] += 1;
        counter.firstMs = Math.min(counter.firstMs ?? ms, ms);
        counter.lastMs = Math.max(counter.lastMs ?? ms, ms);
        map.set(name, counter);
      }
    };
    try {
      if (line.kind === "events") {
        const event = parser.event(line.fields);
        count("events", localHour(event.tsMs, event.utcOffsetMin), event.tsMs);
        return this.#isOwn(event.id) ? name : undefined;
      }
      if (line.kind === "sessions") {
        const session = parser.session(line.fields);
        count("sessions", localHourOf(session.endedMs), session.startedMs);
      }
      if (line.kind === "totals") {
        const total = parser.total(line.fields);
        if (total !== undefined) count("totals", total.hour, total.hour * hourMs);
      }
      return undefined;
    } catch (error) {
      if (error instanceof ImportedRowError)
        throw new ExportReadError(`${file}, line ${line.line}: ${error.message}. Nothing was imported.`);
      throw error;
    }
  }

  #isOwn(eventId: string): boolean {
    const store = this.#core.locatedStore();
    return (
      store.read(
        (connection) =>
          connection
            .prepare(
              "SELECT 1 FROM events e JOIN dimensions d ON d.id = e.dimensions WHERE e.event_id = ? AND d.origin = 0",
            )
            .get(uuidBytes(eventId)) !== undefined,
      ) === true
    );
  }

  #planOf(
    name: string,
    { all, older }: { readonly all: Counter; readonly older: Counter },
    { exportedMs, installation, origins }: Header,
    own: ReadonlySet<string>,
  ): PlannedOrigin {
    const asOfMs = name === installation ? exportedMs : (origins.get(name) ?? exportedMs);
    const known = this.#known(name);
    const isOwn = name === this.#installation() || own.has(name);
    const counter = isOwn ? older : all;
    const isNothing = counter.events + counter.sessions + counter.totals === 0;
    const action =
      isNothing || (known !== undefined && known.asOfMs >= asOfMs)
        ? "skip"
        : isOwn
          ? "restore"
          : known === undefined
            ? "import"
            : "replace";
    return { name, asOfMs, action, ...counter };
  }

  #known(name: string): ImportedOrigin | undefined {
    return this.list().find((origin) => origin.name === name && origin.complete);
  }

  /** The first local hour that this machine recorded itself, as the start of a plan found it. */
  #firstOwnHour(): number {
    this.#ownHour ??= this.#core.locatedStore().read(firstOwnHour) ?? Number.POSITIVE_INFINITY;
    return this.#ownHour;
  }

  #installation(): string {
    return exportedInstallation(this.#core.permissions.installation() ?? "");
  }

  /**
   * Imports what `plan` returned. `progress`: rows done and in all.
   * @throws ExportReadError, NotPermittedError, SQLite's error, the reason of the core's signal. Then nothing of it stays.
   */
  async import(
    plan: ImportPlan,
    progress: (done: number, total: number) => void = () => undefined,
  ): Promise<ImportResult> {
    const store = this.#core.locatedStore();
    const nowMs = this.#core.clock.nowMs();
    const chosen = plan.origins.filter(({ action }) => action !== "skip");
    this.#removeIncomplete();
    // What is replaced stays until the import is complete.
    const targets = new Map(
      chosen.map(({ name, asOfMs }) => {
        const replaced = this.#known(name)?.id;
        const id = store.withDatabase((connection) =>
          immediately(connection, () => {
            if (replaced === undefined) return addOrigin(connection, name, asOfMs, nowMs);
            return addReplacement(connection, name, asOfMs, nowMs);
          }),
        );
        return [name, { id, replaced }];
      }),
    );
    try {
      store.withDatabase(beginMoves);
      const result = await this.#write(plan, targets, progress);
      store.withDatabase((connection) =>
        immediately(connection, () => {
          for (const { id, replaced } of targets.values()) completeOrigin(connection, id, replaced);
        }),
      );
      this.#removeIncomplete();
      this.#core.listener.dataChanged();
      return result;
    } catch (error) {
      this.#removeIncomplete();
      throw error;
    }
  }

  async #write(
    plan: ImportPlan,
    targets: ReadonlyMap<string, Target>,
    progress: (done: number, total: number) => void,
  ): Promise<ImportResult> {
    const store = this.#core.locatedStore();
    const { retentionDays } = this.#core.permissions.evaluate().limits;
    const oldestMs = this.#core.clock.nowMs() - retentionDays * dayMs;
    const firstHour = this.#firstOwnHour();
    const beforeHour = new Map(
      plan.origins.map(({ name, action }) => [name, action === "restore" ? firstHour : Number.POSITIVE_INFINITY]),
    );
    const hasTotals = plan.origins.some(({ totals }) => totals > 0);
    const parser = new RowParser();
    const writers = new Map<string, RowWriter>();
    let result: ImportResult = { events: 0, sessions: 0, totals: 0, repeated: 0, expired: 0 };
    const add = (name: keyof ImportResult) => {
      result = { ...result, [name]: result[name] + 1 };
    };
    const writeOne = (connection: Connection, { kind, fields }: Row, header: Header) => {
      const name = originOf(fields, header);
      const target = targets.get(name);
      if (target === undefined) return;
      let writer = writers.get(name);
      if (writer === undefined) {
        writer = new RowWriter(connection, target.id, !hasTotals, target.replaced);
        writers.set(name, writer);
      }
      const isBefore = (hour: number) => hour < (beforeHour.get(name) ?? 0);
      if (kind === "sessions") {
        const session = parser.session(fields);
        if (!isBefore(localHourOf(session.endedMs))) return;
        writer.session(session);
        add("sessions");
      } else if (kind === "events") {
        const event = parser.event(fields);
        if (!isBefore(localHour(event.tsMs, event.utcOffsetMin))) return;
        if (event.tsMs < oldestMs && hasTotals) add("expired");
        else add(writer.event(event) ? "events" : "repeated");
      } else {
        const imported = parser.total(fields);
        if (imported === undefined || !isBefore(imported.hour)) return;
        writer.total(imported);
        add("totals");
      }
    };
    let header: Header | undefined;
    let step: Row[] = [];
    let done = 0;
    const flush = async () => {
      const rows = step;
      step = [];
      const known = header;
      if (known === undefined || rows.length === 0) return;
      store.withDatabase((connection) =>
        immediately(connection, () => {
          for (const row of rows) writeOne(connection, row, known);
        }),
      );
      done += rows.length;
      progress(done, plan.rows);
      await nextTurn();
      this.#core.signal.throwIfAborted();
    };
    for await (const line of exportLines(plan.file)) {
      if (line.type === "header") header = headerOf(plan.file, line.fields);
      if (line.type !== "row" || !importedKinds.some((kind) => kind === line.kind)) continue;
      step.push(line);
      if (step.length >= rowsPerStep) await flush();
    }
    await flush();
    return result;
  }

  /** Removes everything of an import; what this machine recorded does not change. @throws SQLite's error. */
  undo(id: number): {
    readonly events: number;
    readonly sessions: number;
    readonly searched: number;
    readonly copies: readonly string[];
  } {
    return this.#core.locatedStore().erase({ by: "origin", id });
  }

  #removeIncomplete(): void {
    for (const { id, complete } of this.list()) if (!complete) this.undo(id);
  }
}

const agentPattern = /^[a-z][a-z_]{1,31}$/;

const originOf = ({ origin }: Fields, header: Header | undefined): string =>
  typeof origin === "string" && originPattern.test(origin) ? origin : (header?.installation ?? "");

/** @throws ExportReadError */
function headerOf(file: string, fields: Fields): Header {
  const { format, version, exported_at: exportedAt, product_version: product, installation, origins } = fields;
  if (format !== exportName || typeof version !== "number")
    throw new ExportReadError(`${file} is not an export of Nexus Telemetry. Use a file of nexus telemetry export.`);
  if (version > exportVersion)
    throw new ExportReadError(
      `${file} was exported by a newer version (format ${version}, this one knows ${exportVersion}). Update Nexus Telemetry.`,
    );
  try {
    const list = (Array.isArray(origins) ? origins : []).map((origin) => Object(origin) as Fields);
    return {
      exportedMs: timeIn(exportedAt),
      productVersion: matching(product, versionPattern),
      installation: matching(installation, originPattern),
      origins: new Map(
        list.map(({ installation: name, as_of: asOf }) => [matching(name, originPattern), timeIn(asOf)]),
      ),
      histories: new Map(
        list.flatMap(({ installation: name, agent }) =>
          agent === undefined ? [] : [[matching(name, originPattern), matching(agent, agentPattern)]],
        ),
      ),
    };
  } catch {
    throw new ExportReadError(`${file}, line 1: the description of the export is damaged. Export it again.`);
  }
}

/** @throws ExportReadError if rows are missing or were added. */
function checkCounts(file: string, expected: Fields, rows: Readonly<Record<string, number>>): void {
  for (const [kind, count] of Object.entries(expected)) {
    if ((rows[kind] ?? 0) === count) continue;
    throw new ExportReadError(
      `${file} has ${rows[kind] ?? 0} rows of ${kind} instead of ${String(count)}: it was changed. Export it again.`,
    );
  }
}

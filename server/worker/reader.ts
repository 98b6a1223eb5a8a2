/** Reads and changes nothing: status, statistics, export, the ledger and the preview of what would be sent. */
import { existsSync } from "node:fs";
import type { Permission } from "../../shared/consent/consent.ts";
import { type Message, verbatim } from "../../shared/protocol/message.ts";
import type { Filters, TailEvent } from "../../shared/protocol/query.ts";
import type { Today } from "../../shared/protocol/record.ts";
import type { PeriodSelection } from "../../shared/protocol/reports.ts";
import type { Validated } from "../../shared/protocol/validate.ts";
import type {
  LedgerDetails,
  LedgerRequests,
  PreviewRequest,
  Status,
  VerifyLedgerRequest,
} from "../../shared/protocol/worker.ts";
import type { Category } from "../../shared/schema/categories.ts";
import { hourMs } from "../../shared/schema/durations.ts";
import { dayText } from "../../shared/text/format.ts";
import type { DayCache } from "../analytics/query/day-cache.ts";
import { knownValues } from "../analytics/query/dimensions.ts";
import { lastKey, readTail } from "../analytics/query/tail.ts";
import { Questions } from "../analytics/questions.ts";
import { runSql, type SqlRows } from "../analytics/sql/run-sql.ts";
import { emptyToday, newestSlower, readToday } from "../analytics/today.ts";
import type { EffectivePolicy } from "../config/permission.ts";
import { unreadBytes } from "../ingest/event-log.ts";
import { ReceiverConfig } from "../ingest/receiver/receiver-config.ts";
import { IdentityFile, NameHasher } from "../privacy/identity.ts";
import { lastSeenBySource } from "../store/events/last-seen.ts";
import type { ExportSink } from "../store/export/export-file.ts";
import { prometheusText } from "../store/export/prometheus.ts";
import { hasOnlyOwnTables } from "../store/own-tables.ts";
import type { Store } from "../store/store.ts";
import { describeAnswer } from "../upload/ledger/describe.ts";
import { type LedgerRow, readEntry } from "../upload/ledger/ledger.ts";
import { requestsIn } from "../upload/ledger/requests.ts";
import type { Sharing, SharingStatus } from "../upload/sharing.ts";
import type { TelemetryCore } from "./core.ts";
import type { ExportCounts, ExportOptions } from "./exporter.ts";
import { knownWorkspaces, WorkspaceFinder } from "./workspaces.ts";

/** Limit of the protocol. */
const maxNotes = 32;

type Result<R extends { readonly result: unknown }> = Validated<R["result"]>;

/** The part of the status that only a recording process has. */
export interface ProcessStatus extends Pick<Status, "firewall" | "resourceUsage" | "lastStoredMs"> {
  readonly notes: readonly Message[];
}

const readOnlyProcess: ProcessStatus = {
  firewall: { accepted: 0, refused: [], dropped: [], redacted: [], sources: [] },
  resourceUsage: null,
  lastStoredMs: null,
  notes: [],
};

export class TelemetryReader extends Questions {
  readonly #core: TelemetryCore;
  readonly #processStatus: () => ProcessStatus;
  readonly #cache: DayCache | undefined;
  /** The last answer about slower commands, and when it was read. */
  #slower: { readonly readMs: number; readonly found: Today["slower"] } | undefined;

  /** `cache`: for a process that stays. */
  constructor(core: TelemetryCore, processStatus: () => ProcessStatus = () => readOnlyProcess, cache?: DayCache) {
    super({
      clock: core.clock,
      prices: () => core.permissions.evaluate().prices,
      read: (work) => core.locatedStore().read(work),
      cache,
    });
    this.#core = core;
    this.#processStatus = processStatus;
    this.#cache = cache;
  }

  /** Forgets what is kept in memory, after an erasure. */
  dropCache(): void {
    this.#cache?.drop();
    this.#slower = undefined;
  }

  #receiverNotes(): readonly Message[] {
    const note = new ReceiverConfig(this.#core.paths.receiverFile).outdatedNote;
    return note === undefined ? [] : [verbatim(note)];
  }

  status(): Status {
    let policy: EffectivePolicy | undefined;
    let totals: ReturnType<Store["totals"]>;
    let sharing: SharingStatus | null = null;
    let storeNotes: readonly Message[] = [];
    try {
      policy = this.#core.permissions.evaluate();
      this.#core.store.selectFile(policy.database);
      totals = this.#core.store.totals();
      storeNotes = this.#core.store.notes(policy.limits);
      sharing = this.#core.sharing.status();
      this.#core.clearProblem();
    } catch (error) {
      this.#core.reportProblem(error);
    }
    const process = this.#processStatus();
    return {
      permission: policy?.permission ?? null,
      decidedMs: policy?.decidedMs ?? null,
      database: totals === undefined ? null : { path: this.#core.store.file, ...totals },
      databasePath: this.#core.store.file,
      configPath: this.#core.paths.configFile,
      limits:
        policy === undefined
          ? null
          : {
              retentionDays: policy.limits.retentionDays,
              maxBytes: policy.limits.maxBytes,
              rollupRetentionDays: policy.limits.rollupRetentionDays ?? null,
            },
      resourceUsage: process.resourceUsage,
      firewall: process.firewall,
      sharing,
      lastStoredMs: process.lastStoredMs,
      notes: [...(policy?.notes ?? []), ...storeNotes, ...this.#receiverNotes(), ...process.notes].slice(0, maxNotes),
      problem: this.#core.problem,
    };
  }

  /** Whether the database has no tables but the product's: a configured path can name that of another program. @throws SQLite's error. */
  isOwnDatabase(): boolean {
    const { store } = this.#core;
    if (!existsSync(store.file)) return true;
    return store.read(hasOnlyOwnTables) ?? false;
  }

  /** What is permitted now, without a look at the database. @throws ConfigError. */
  permission(): Permission {
    return this.#core.permissions.evaluate().permission;
  }

  /** Events stored after one, by its key; without it the newest. @throws ConfigError, SQLite's error. */
  tail(filters: Filters, after: number | undefined, count?: number): readonly TailEvent[] {
    return this.#core.locatedStore().read((c) => readTail(c, filters, after, count)) ?? [];
  }

  /** The key of the newest event; 0 without any. @throws ConfigError, SQLite's error. */
  lastKey(): number {
    return this.#core.locatedStore().read(lastKey) ?? 0;
  }

  /** Runs a query of the user's on the database; `undefined` without one. @throws SqlError, SQLite's error. */
  sql<T>(text: string, use: (rows: SqlRows) => T): T | undefined {
    return this.#core.locatedStore().read((connection) => use(runSql(connection, text)));
  }

  /** Returns the recorded values of a column. @throws ConfigError, SQLite's error. */
  known(name: "command" | "model" | "tool"): readonly string[] {
    return this.#core.locatedStore().read((connection) => knownValues(connection, name)) ?? [];
  }

  /** Finds recorded workspaces. @throws ConfigError, SQLite's error, or the file system's if the salt cannot be read. */
  workspaces(): WorkspaceFinder {
    const known = this.#core.locatedStore().read(knownWorkspaces) ?? new Set<string>();
    const identity = new IdentityFile(this.#core.paths.identityFile);
    return new WorkspaceFinder(known, new NameHasher(() => identity.localSalt()));
  }

  /** Returns when each source last reported an event, in milliseconds since 1970. @throws ConfigError, SQLite's error. */
  agentsSeen(): ReadonlyMap<string, number> {
    return this.#core.locatedStore().read(lastSeenBySource) ?? new Map();
  }

  /** @throws ConfigError, SQLite's error. */
  today(withMonth: boolean): Today {
    const nowMs = this.#core.clock.nowMs();
    const counts = this.#core.locatedStore().read((connection) => readToday(connection, nowMs)) ?? emptyToday;
    const now = new Date(nowMs);
    const from = dayText(new Date(now.getFullYear(), now.getMonth(), 1, 12).getTime());
    const month: PeriodSelection = { period: "custom", from, to: dayText(nowMs) };
    const costIn = (period: PeriodSelection) => this.query({ period }).total.cost.listUsd;
    return {
      ...counts,
      costUsd: costIn({ period: "today" }),
      monthUsd: withMonth ? costIn(month) : null,
      slower: this.#newestSlower(nowMs),
    };
  }

  /** Reads the insights at most once an hour: they change slowly. */
  #newestSlower(nowMs: number): Today["slower"] {
    if (this.#slower === undefined || Math.abs(nowMs - this.#slower.readMs) > hourMs)
      this.#slower = { readMs: nowMs, found: newestSlower(this.insights({ period: "month" }), nowMs) };
    return this.#slower.found;
  }

  /** Exports to a file; `force` replaces an existing one. @throws ExportError, ConfigError, SQLite's error. */
  async export(
    path: string,
    options: ExportOptions,
    force = false,
  ): Promise<{ readonly sizeBytes: number; readonly counts: ExportCounts }> {
    const { ExportFile } = await import("../store/export/export-file.ts");
    const file = new ExportFile(path, force);
    // Synchronous, because the process may be about to exit.
    const stop = () => file.abandon();
    this.#core.signal.addEventListener("abort", stop);
    try {
      const counts = await this.exportTo(file, options);
      return { sizeBytes: file.finish(), counts };
    } catch (error) {
      file.abandon();
      throw error;
    } finally {
      this.#core.signal.removeEventListener("abort", stop);
    }
  }

  /** Returns all-time totals as Prometheus's text. @throws ConfigError, SQLite's error. */
  prometheus(): string {
    const to = dayText(this.#core.clock.nowMs());
    // The longest period: the same month four years ago and eleven months more.
    const from = `${Number(to.slice(0, 4)) - 4}-${to.slice(5, 7)}-01`;
    return prometheusText((by) => this.query({ period: { period: "custom", from, to }, by }));
  }

  /** Exports to a stream. @throws ExportError, ConfigError, SQLite's error. */
  async exportTo(sink: ExportSink, options: ExportOptions): Promise<ExportCounts> {
    // Loads the CSV library only when needed.
    const { exportTo } = await import("./exporter.ts");
    let reported = 0;
    const progress = (done: number, total: number) => {
      const percent = Math.floor((100 * done) / Math.max(1, total));
      if (percent > reported) this.#core.listener.exportProgress({ done, total });
      reported = percent;
    };
    return exportTo(this.#core, sink, { progress, ...options });
  }

  /** `shared`: of stored events, as if the user had agreed to share these categories, instead of the next batch. */
  preview(limit?: number, shared?: readonly Category[]): Result<typeof PreviewRequest> {
    const found = this.#core.sharing.preview(limit, shared);
    return found === undefined ? null : { ...found, body: found.body.toString("utf8") };
  }

  /** Returns the unread bytes of each event log; empty in mode off. */
  unreadLogs(): ReadonlyMap<string, number> {
    if (this.#core.permissions.evaluate().permission.mode === "off") return new Map();
    return unreadBytes(this.#core.paths.eventLogFolder, this.#core.clock.nowMs());
  }

  /** Returns the newest unsent events; of all events if nothing is shared. */
  newest(max: number): ReturnType<Sharing["newest"]> {
    this.#core.locatedStore();
    return this.#core.sharing.newest(max);
  }

  /** Returns the newest entries first. */
  ledger(max: number): readonly LedgerRow[] {
    this.#core.locatedStore();
    return this.#core.sharing.ledger(max);
  }

  ledgerBody(seq: number): Buffer | undefined {
    this.#core.locatedStore();
    return this.#core.sharing.ledgerBody(seq);
  }

  /** Yields every ledger entry as a line of JSON. */
  ledgerLines(): Iterable<string> {
    this.#core.locatedStore();
    return this.#core.sharing.ledgerLines();
  }

  /** Returns the newest requests, newest first. */
  ledgerRequests(max: number): LedgerRequests {
    // A request has up to two entries.
    const requests = requestsIn(this.ledger(2 * max)).slice(0, max);
    return requests.map(({ seq, entry, answerSeq, answer, body }) => {
      const { ts: tsMs, host } = entry;
      const isRequest = entry.phase === "sending";
      return {
        seq,
        answerSeq,
        tsMs,
        kind: isRequest ? entry.kind : "key_pinned",
        host,
        events: isRequest ? entry.events : 0,
        bytes: isRequest ? entry.bytes : 0,
        sha256: isRequest ? entry.sha256 : null,
        result: isRequest ? (answer === null ? null : describeAnswer(answer)) : `key ${entry.key_id}`,
        receipt: (answer?.receipt ?? null) !== null,
        body: body && isRequest && entry.bytes > 0,
      };
    });
  }

  ledgerDetails(seq: number, answerSeq: number | null): LedgerDetails {
    const store = this.#core.locatedStore();
    const answer = answerSeq === null ? undefined : store.read((connection) => readEntry(connection, answerSeq));
    return {
      seq,
      body: this.#core.sharing.ledgerBody(seq)?.toString("utf8") ?? null,
      receipt: answer?.phase === "answered" ? answer.receipt : null,
    };
  }

  verifyLedger(): Result<typeof VerifyLedgerRequest> {
    this.#core.locatedStore();
    return this.#core.sharing.verify() ?? null;
  }

  /** Returns the text of a failed request for the user. */
  explain(error: unknown): string {
    return this.#core.explain(error);
  }
}

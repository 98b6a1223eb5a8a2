/**
 * Looks at what is there and changes nothing of it: status, statistics, export, what was sent and what would be. The worker is
 * an observer that also records; a command that only looks needs no firewall.
 */

import { isRecord } from "../../shared/consent/consent.ts";
import type { EditorState, Problem, Today } from "../../shared/protocol/record.ts";
import type {
  Insights,
  Metrics,
  PeriodSelection,
  Stats,
  ToolCalls,
  WeeklyActivity,
} from "../../shared/protocol/reports.ts";
import type { Validated } from "../../shared/protocol/validate.ts";
import type {
  ExportFormat,
  ExportProgress,
  ExportRequest,
  LedgerEntries,
  PreviewRequest,
  Status,
  VerifyLedgerRequest,
} from "../../shared/protocol/worker.ts";
import { SelectionError } from "../analytics/calendar.ts";
import { noInsights, readInsights } from "../analytics/insights.ts";
import { emptyMetrics, readMetrics } from "../analytics/metrics.ts";
import { emptyStats, readStats } from "../analytics/stats.ts";
import { emptyToday, readToday } from "../analytics/today.ts";
import { emptyToolCalls, readToolCalls } from "../analytics/tool-calls.ts";
import { emptyWeeklyActivity, readWeeklyActivity } from "../analytics/weekly-activity.ts";
import type { Clock } from "../clock.ts";
import { ConfigError } from "../config/config.ts";
import { type ConsentLog, StaleNoticeError } from "../config/consent-log.ts";
import { DestinationError } from "../config/destination.ts";
import type { Paths } from "../config/paths.ts";
import { type EffectivePolicy, NotPermittedError, PermissionEvaluator } from "../config/permission.ts";
import { pathFault } from "../files/ownership.ts";
import { type ImportStep, unreadBytes } from "../ingest/event-log.ts";
import { ReceiverConfig } from "../ingest/receiver/receiver-config.ts";
import type { Connection } from "../store/driver/driver.ts";
import { storageProblem } from "../store/storage-errors.ts";
import { Store } from "../store/store.ts";
import { describeEntry } from "../upload/ledger/describe.ts";
import type { LedgerRow } from "../upload/ledger/ledger.ts";
import { Sharing, type SharingStatus } from "../upload/sharing.ts";
import { PseudonymFileError } from "../upload/state/pseudonyms.ts";
import type { UploadStep } from "../upload/sync/report.ts";
import { productInfo } from "./product-info.ts";

/** What is told without being asked. */
export interface Listener {
  dataChanged(): void;
  problemChanged(problem: Problem | null): void;
  exportProgress(progress: ExportProgress): void;
  sharingChanged(sharing: SharingStatus): void;
  /** Each step of a sending that leaves something behind; for tests of crashes. */
  readonly uploadStep?: (step: UploadStep) => void;
  /** Each step of an import that leaves something behind; for tests of crashes. */
  readonly importStep?: (step: ImportStep) => void;
}

/** As many as the protocol carries. */
const maxNotes = 32;

type Result<R extends { readonly result: unknown }> = Validated<R["result"]>;

/** What the firewall of a process did that has none. */
const nothingAdmitted: Status["firewall"] = { accepted: 0, refused: [], dropped: [], redacted: [], sources: [] };

export class TelemetryReader {
  protected readonly paths: Paths;
  protected readonly clock: Clock;
  protected readonly consent: ConsentLog;
  protected readonly permissions: PermissionEvaluator;
  protected readonly store: Store;
  protected readonly listener: Listener;
  protected readonly sharing: Sharing;
  protected readonly ending = new AbortController();
  #problem: Problem | null = null;

  constructor(paths: Paths, env: NodeJS.ProcessEnv, editor: EditorState, clock: Clock, listener: Listener) {
    this.paths = paths;
    this.clock = clock;
    this.listener = listener;
    this.permissions = new PermissionEvaluator(paths, clock, env, editor);
    this.consent = this.permissions.consent;
    this.store = new Store(paths.database, productInfo, clock, {
      watermark: () => this.sharing.installation.read().floor_ms,
      lowerWatermark: (watermarkMs) => this.sharing.installation.lowerWatermark(watermarkMs),
      installation: () => this.permissions.installation(),
      owns: (file) => file === paths.ownDatabase,
    });
    this.sharing = new Sharing({
      paths,
      store: this.store,
      permissions: this.permissions,
      clock,
      env,
      editorProxy: () => this.permissions.editor.proxy ?? undefined,
      changed: () => this.notifySharing(),
      ...(listener.uploadStep === undefined ? {} : { step: listener.uploadStep }),
    });
  }

  protected firewallCounts(): Status["firewall"] {
    return nothingAdmitted;
  }

  protected lastStoredMs(): number | null {
    return null;
  }

  protected resourceUsage(): Status["resourceUsage"] {
    return null;
  }

  /** What this process has to say beside the configuration, each a sentence. */
  protected processNotes(): readonly string[] {
    const outdated = new ReceiverConfig(this.paths.receiverFile).outdatedNote;
    return outdated === undefined ? [] : [outdated];
  }

  protected notifySharing(): void {
    try {
      this.listener.sharingChanged(this.sharing.status());
    } catch (error) {
      this.setProblem(this.problemOf(error));
    }
  }

  status(): Status {
    let policy: EffectivePolicy | undefined;
    let totals: ReturnType<Store["totals"]>;
    let sharing: SharingStatus | null = null;
    let storeSays: readonly string[] = [];
    try {
      policy = this.permissions.evaluate();
      this.store.selectFile(policy.database);
      totals = this.store.totals();
      storeSays = this.store.notes(policy.limits);
      sharing = this.sharing.status();
      this.clearProblem();
    } catch (error) {
      this.setProblem(this.problemOf(error));
    }
    return {
      permission: policy?.permission ?? null,
      decidedMs: policy?.decidedMs ?? null,
      database: totals === undefined ? null : { path: this.store.file, ...totals },
      databasePath: this.store.file,
      configPath: this.paths.configFile,
      limits:
        policy === undefined ? null : { retentionDays: policy.limits.retentionDays, maxBytes: policy.limits.maxBytes },
      resourceUsage: this.resourceUsage(),
      firewall: this.firewallCounts(),
      sharing,
      lastStoredMs: this.lastStoredMs(),
      notes: [...(policy?.notes ?? []), ...storeSays, ...this.processNotes()].slice(0, maxNotes),
      problem: this.#problem,
    };
  }

  /** @throws ConfigError, SelectionError, SQLite's error. */
  stats(selection: PeriodSelection): Stats {
    return this.#numbers(selection, readStats, emptyStats);
  }

  /** @throws ConfigError, SelectionError, SQLite's error. */
  metrics(selection: PeriodSelection): Metrics {
    return this.#numbers(selection, readMetrics, emptyMetrics);
  }

  /** @throws ConfigError, SelectionError, SQLite's error. */
  insights(selection: PeriodSelection): Insights {
    return this.#numbers(selection, readInsights, noInsights);
  }

  /** @throws ConfigError, SelectionError, SQLite's error. */
  toolCalls(selection: PeriodSelection): ToolCalls {
    return this.#numbers(selection, readToolCalls, emptyToolCalls);
  }

  /** @throws ConfigError, SelectionError, SQLite's error. */
  weeklyActivity(selection: PeriodSelection): WeeklyActivity {
    return this.#numbers(selection, readWeeklyActivity, emptyWeeklyActivity);
  }

  /** When each source of an agent's last told of something, in milliseconds since 1970. @throws ConfigError, SQLite's error. */
  agentsSeen(): ReadonlyMap<string, number> {
    const seen =
      "SELECT t.source, max(s.ended_at) last FROM streams t JOIN sessions s ON s.id = t.session GROUP BY t.source";
    const rows = this.located().read((connection) => connection.prepare(seen).all()) ?? [];
    return new Map(rows.map(({ source, last }) => [String(source), Number(last)]));
  }

  /** @throws ConfigError, SQLite's error. */
  today(): Today {
    const nowMs = this.clock.nowMs();
    return this.located().read((connection) => readToday(connection, nowMs)) ?? emptyToday;
  }

  /** `empty`: what is said where there is no database. */
  #numbers<T>(
    selection: PeriodSelection,
    read: (connection: Connection, selection: PeriodSelection, nowMs: number) => T,
    empty: (selection: PeriodSelection, nowMs: number) => T,
  ): T {
    const nowMs = this.clock.nowMs();
    return this.located().read((connection) => read(connection, selection, nowMs)) ?? empty(selection, nowMs);
  }

  /** @throws ConfigError, the file system's or SQLite's error. */
  export(path: string, format: ExportFormat = "json"): Promise<Result<typeof ExportRequest>> {
    let reported = 0;
    const progress = (done: number, total: number) => {
      const percent = Math.floor((100 * done) / Math.max(done, total));
      if (percent > reported) this.listener.exportProgress({ done, total });
      reported = percent;
    };
    return this.located().export(path, format, { progress, signal: this.ending.signal });
  }

  preview(limit?: number): Result<typeof PreviewRequest> {
    const found = this.sharing.preview(limit);
    return found === undefined ? null : { ...found, body: found.body.toString("utf8") };
  }

  /** Bytes by event log that nobody has read yet; none with recording off. */
  unreadLogs(): ReadonlyMap<string, number> {
    if (this.permissions.evaluate().permission.mode === "off") return new Map();
    return unreadBytes(this.paths.eventLogFolder, this.clock.nowMs());
  }

  /** The newest events that were not sent; of all, where nothing is shared. */
  newest(max: number): ReturnType<Sharing["newest"]> {
    this.located();
    return this.sharing.newest(max);
  }

  /** The newest entries first. */
  ledger(max: number): readonly LedgerRow[] {
    this.located();
    return this.sharing.ledger(max);
  }

  ledgerBody(seq: number): Buffer | undefined {
    this.located();
    return this.sharing.ledgerBody(seq);
  }

  /** Every entry of the ledger as a line of JSON. */
  ledgerLines(): Iterable<string> {
    this.located();
    return this.sharing.ledgerLines();
  }

  /** The same as sentences. */
  ledgerEntries(max: number): LedgerEntries {
    return this.ledger(max).map(({ seq, entry }) => ({
      seq,
      tsMs: entry.ts,
      sentence: describeEntry(entry),
      receipt: entry.phase === "answered" && entry.receipt !== null,
    }));
  }

  verifyLedger(): Result<typeof VerifyLedgerRequest> {
    this.located();
    return this.sharing.verify() ?? null;
  }

  /**
   * For a window or a terminal, where the user sees it: a decision of a version that named no installation is bound to this one, where
   * both are in the user's home folder and this `NEXUS_HOME` has no decision of its own.
   */
  bindOldDecision(): void {
    try {
      if (!this.paths.isDefaultFolder || this.permissions.installation() !== null || this.consent.read() !== "unbound")
        return;
      // Behind a link the folder may be another user's, or that of another place.
      if (pathFault(this.paths.home) !== undefined) return;
      this.consent.bind(this.sharing.installation.id());
    } catch (error) {
      this.setProblem(this.problemOf(error));
    }
  }

  /** Whether the user's last decision was for this `NEXUS_HOME`. */
  isDecidedHere(): boolean {
    return isRecord(this.consent.read());
  }

  /** What hooks and SDKs may do, where they can read it. What keeps it from being written leaves them off. */
  keepRecordingState(at: "now" | "now and then" = "now"): void {
    try {
      this.permissions.keepRecordingState(at);
    } catch (error) {
      this.setProblem(this.problemOf(error));
    }
  }

  close(): void {
    this.ending.abort(new Error("The recorder ended."));
    this.sharing.stop();
    this.store.close();
  }

  /** An error of a request, in words for the user. */
  explain(error: unknown): string {
    const own =
      error instanceof StaleNoticeError || error instanceof NotPermittedError || error instanceof SelectionError;
    return own ? error.message : this.problemOf(error).text;
  }

  protected problemOf(error: unknown): Problem {
    if (error instanceof ConfigError || error instanceof DestinationError || error instanceof PseudonymFileError) {
      return { kind: "config_invalid", text: error.message };
    }
    return storageProblem(error, this.store.file);
  }

  /** The store, where the configuration has it. @throws ConfigError: what lies elsewhere must not be taken for all. */
  protected located(): Store {
    this.store.selectFile(this.permissions.evaluate().database);
    return this.store;
  }

  /** After a success: a problem is over, but an unsound database that was put aside stays told. */
  protected clearProblem(): void {
    const { quarantined } = this.store;
    this.setProblem(
      quarantined === undefined
        ? null
        : {
            kind: "database_quarantined",
            text: `The database was damaged. It was kept as ${quarantined}, and a new one was begun.`,
          },
    );
  }

  protected setProblem(problem: Problem | null): void {
    if (problem?.text === this.#problem?.text) return;
    this.#problem = problem;
    this.listener.problemChanged(problem);
  }
}

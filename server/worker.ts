/**
 * Answers the editor's requests. Holds the parts together and knows no transport: `main.ts` brings the connection.
 *
 * Nothing here creates a file before the user has said yes, except the record of the decision itself.
 */
import { randomUUID } from "node:crypto";
import type { Checked } from "../shared/check.ts";
import { type ConsentReading, decide, type Permission } from "../shared/consent.ts";
import type {
  EditorState,
  ExportFormat,
  eraseRemotely,
  exportAll,
  giveConsent,
  Insights,
  Metrics,
  Problem,
  Progress,
  preview,
  purge,
  recordEvents,
  Selection,
  Stats,
  Status,
  sync,
  verifyLedger,
} from "../shared/protocol.ts";
import type { Source } from "../shared/sources.ts";
import { SelectionError } from "./analytics/calendar.ts";
import { noInsights, readInsights } from "./analytics/insights.ts";
import { emptyMetrics, readMetrics } from "./analytics/metrics.ts";
import { emptyStats, readStats } from "./analytics/stats.ts";
import type { Clock } from "./clock.ts";
import { Collector, NotPermittedError } from "./collector.ts";
import { ConfigError } from "./config.ts";
import { ConsentLog, type Decision, StaleNoticeError } from "./consent-log.ts";
import { Gate, type Ruling } from "./gate.ts";
import { EventLogs, type ImportReport, type ImportWatch } from "./intake/event-log.ts";
import { Follow } from "./intake/follow.ts";
import { Maintenance } from "./maintenance.ts";
import type { Paths } from "./paths.ts";
import { Firewall } from "./privacy/firewall.ts";
import { IdentityFile, NameHasher } from "./privacy/identity.ts";
import { thisProduct } from "./product.ts";
import { databaseSize } from "./store/database.ts";
import { goingOn } from "./store/events.ts";
import { storageProblem } from "./store/problem.ts";
import { Store } from "./store/store.ts";
import { DestinationError } from "./upload/destination.ts";
import { InstallationError } from "./upload/installation.ts";
import type { LedgerRow } from "./upload/ledger.ts";
import { Sharing, type SharingStatus } from "./upload/sharing.ts";
import type { SyncOptions, UploadStep } from "./upload/sync.ts";

/** What the worker tells without being asked. */
export interface Listener {
  dataChanged(): void;
  problemChanged(problem: Problem | null): void;
  exportProgress(progress: Progress): void;
  sharingChanged(sharing: SharingStatus): void;
  /** Each step of a sending that leaves something behind; for tests of crashes. */
  readonly uploadStep?: (step: UploadStep) => void;
}

/** How often at most the editor is told how much waits, and something is sent by itself. Milliseconds. */
const sharingToldMs = 2_000;
const automaticMs = 15 * 60_000;

type Result<R extends { readonly result: unknown }> = Checked<R["result"]>;

export class Worker {
  readonly #paths: Paths;
  readonly #clock: Clock;
  readonly #consent: ConsentLog;
  readonly #gate: Gate;
  readonly #identity: IdentityFile;
  readonly #hasher: NameHasher;
  readonly #firewall: Firewall;
  readonly #store: Store;
  readonly #maintenance: Maintenance;
  readonly #collector: Collector;
  readonly #listener: Listener;
  readonly #sharing: Sharing;
  readonly #logs: EventLogs;
  readonly #readsLogs: boolean;
  readonly #follow: Follow;
  readonly #ending = new AbortController();
  #problem: Problem | null = null;
  #toldMs = 0;
  #sentMs = 0;

  constructor(paths: Paths, env: NodeJS.ProcessEnv, editor: EditorState, clock: Clock, listener: Listener) {
    this.#paths = paths;
    this.#clock = clock;
    this.#listener = listener;
    this.#consent = new ConsentLog(paths.consentFile, clock);
    this.#gate = new Gate(paths, this.#consent, env, editor);
    this.#identity = new IdentityFile(paths.identityFile);
    this.#hasher = new NameHasher(() => this.#identity.localSalt());
    this.#firewall = new Firewall(this.#hasher);
    this.#store = new Store(paths.database, thisProduct, clock, () => this.#sharing.installation.read().floor_ms);
    this.#sharing = new Sharing({
      ...{ paths, store: this.#store, gate: this.#gate, clock, env },
      editorProxy: () => this.#gate.editor.proxy ?? undefined,
      changed: () => this.#tellSharing(),
      ...(listener.uploadStep === undefined ? {} : { step: listener.uploadStep }),
    });
    this.#maintenance = new Maintenance(
      this.#store,
      clock,
      (error) => {
        const problem = this.#explain(error);
        // What it leaves undone because another process writes, it does an hour later.
        if (problem.kind !== "database_locked") this.#setProblem(problem);
      },
      (oldestMs) => {
        this.#logs.expire(oldestMs);
        this.#sharing.expire(oldestMs);
      },
    );
    // `NEXUS_EVENT_LOG=0` stops writing and reading.
    this.#readsLogs = env["NEXUS_EVENT_LOG"] !== "0";
    this.#logs = new EventLogs(
      paths.eventLogFolder,
      (events, also) => this.#collector.import(events, also),
      (work) => this.#store.read(work),
    );
    this.#follow = new Follow(
      paths.eventLogFolder,
      () => this.importLogs({ signal: this.#ending.signal }),
      (error) => {
        if (error instanceof NotPermittedError) this.#follow.stop();
        else this.#setProblem(this.#explain(error));
      },
    );
    this.#collector = new Collector(this.#gate, this.#firewall, this.#store, this.#maintenance, clock, (error) =>
      this.#explain(error),
    );
  }

  /** After something was stored: tells what waits now and then, and sends by itself where the user chose that. */
  #shareOn(): void {
    const nowMs = this.#clock.nowMs();
    if (Math.abs(nowMs - this.#toldMs) < sharingToldMs) return;
    const { mode, automatic } = this.#permitted();
    if (mode !== "share") return;
    this.#tellSharing();
    if (!automatic || Math.abs(nowMs - this.#sentMs) < automaticMs) return;
    this.#sentMs = nowMs;
    this.#sharing.sync({ asked: false }).catch((error: unknown) => this.#setProblem(this.#explain(error)));
  }

  /** Off where it cannot be known: what was just stored stays stored. */
  #permitted(): Pick<Permission, "mode" | "automatic"> {
    try {
      return this.#gate.rule().permission;
    } catch {
      return { mode: "off", automatic: false };
    }
  }

  #tellSharing(): void {
    this.#toldMs = this.#clock.nowMs();
    try {
      this.#listener.sharingChanged(this.#sharing.status());
    } catch (error) {
      this.#setProblem(this.#explain(error));
    }
  }

  /** Picks up what was written to event logs while no worker ran, and follows them, where something may be recorded. */
  begin(): void {
    try {
      const { mode } = this.#gate.rule().permission;
      if (this.#readsLogs && mode !== "off") this.#follow.start();
      else this.#follow.stop();
      if (mode === "share" && this.#toldMs === 0) this.#tellSharing();
    } catch (error) {
      this.#setProblem(this.#explain(error));
    }
  }

  editorChanged(editor: EditorState): void {
    this.#gate.editor = editor;
  }

  record({ events }: Checked<(typeof recordEvents)["params"]>): Result<typeof recordEvents> {
    // Another window may have purged: names that come again get other hashes there and here.
    if (this.#identity.hasChanged()) this.#hasher.forget();
    const outcome = this.#collector.record(events);
    if (outcome.outcome === "failed") this.#setProblem(outcome.problem);
    else this.#settle();
    if (outcome.outcome === "stored" && outcome.stored > 0) this.#listener.dataChanged();
    if (outcome.outcome === "not_permitted") this.#store.close();
    if (outcome.outcome === "stored") {
      this.begin();
      this.#shareOn();
    }
    return outcome;
  }

  /** Reads the event logs on. @throws NotPermittedError, ConfigError, the file system's or SQLite's error. */
  async importLogs(watch: ImportWatch = {}): Promise<ImportReport | undefined> {
    if (!this.#readsLogs) return undefined;
    const before = this.#firewall.counts().accepted;
    const report = await this.#logs.import(watch);
    if (this.#firewall.counts().accepted > before) this.#listener.dataChanged();
    return report;
  }

  /** @throws StaleNoticeError, or the file system's error. */
  giveConsent(decision: Decision): Result<typeof giveConsent> {
    if (decision.mode === "share") this.#checkDestination(decision.destination);
    const before = this.#consent.read();
    const decidedMs = this.#consent.append(decision);
    this.#shareAsDecided(before, decision);
    // Names of the user's own are not even remembered longer than they may be hashed.
    this.#hasher.forget();
    const permission = this.#permissionAfter(decision, decidedMs);
    if (permission.mode === "off") this.#store.close();
    this.begin();
    if (permission.mode === "share") this.#tellSharing();
    return { permission, decidedMs };
  }

  /** What was named on the screen must be what is configured. @throws DestinationError */
  #checkDestination(named: string | null): void {
    const { destination, destinationFault } = this.#gate.rule();
    if (destination === null) {
      throw new DestinationError(
        destinationFault ?? "There is no destination. Set upload_url in config.toml or NEXUS_USAGE_UPLOAD_URL first.",
      );
    }
    if (destination.host !== named) throw new DestinationError("The destination has changed since it was shown.");
  }

  /** Sharing follows; what keeps it from following is told, and the decision stands. */
  #shareAsDecided(before: ConsentReading, decision: Decision): void {
    try {
      this.#store.moveTo(this.#gate.rule().database);
      this.#sharing.follow(before, decision);
    } catch (error) {
      this.#setProblem(this.#explain(error));
    }
  }

  /** The decision is written down and counts, also where a file that could narrow it cannot be used at present. */
  #permissionAfter({ mode, collect, share, notice }: Decision, tsMs: number): Permission {
    try {
      return this.#gate.rule().permission;
    } catch (error) {
      this.#setProblem(this.#explain(error));
      return decide({ mode, collect, share, noticeVersion: notice.version, tsMs }, []);
    }
  }

  status(): Status {
    let ruling: Ruling | undefined;
    let totals: ReturnType<Store["totals"]>;
    let sharing: SharingStatus | null = null;
    try {
      ruling = this.#gate.rule();
      this.#store.moveTo(ruling.database);
      totals = this.#store.totals();
      sharing = this.#sharing.status();
      this.#settle();
    } catch (error) {
      this.#setProblem(this.#explain(error));
    }
    return {
      permission: ruling?.permission ?? null,
      decidedMs: ruling?.decidedMs ?? null,
      database: totals === undefined ? null : { path: this.#store.file, ...totals },
      databasePath: this.#store.file,
      configPath: this.#paths.configFile,
      firewall: this.#firewall.counts(),
      sharing,
      lastStoredMs: this.#collector.lastStoredMs,
      remarks: ruling?.remarks ?? [],
      problem: this.#problem,
    };
  }

  /** @throws ConfigError, SelectionError, SQLite's error. */
  stats(selection: Selection): Stats {
    const nowMs = this.#clock.nowMs();
    return (
      this.#located().read((connection) => readStats(connection, selection, nowMs)) ?? emptyStats(selection, nowMs)
    );
  }

  /** @throws ConfigError, SelectionError, SQLite's error. */
  metrics(selection: Selection): Metrics {
    const nowMs = this.#clock.nowMs();
    return (
      this.#located().read((connection) => readMetrics(connection, selection, nowMs)) ?? emptyMetrics(selection, nowMs)
    );
  }

  /** @throws ConfigError, SelectionError, SQLite's error. */
  insights(selection: Selection): Insights {
    const nowMs = this.#clock.nowMs();
    return (
      this.#located().read((connection) => readInsights(connection, selection, nowMs)) ?? noInsights(selection, nowMs)
    );
  }

  /** @throws ConfigError, the file system's or SQLite's error. */
  export(path: string, format: ExportFormat = "json"): Promise<Result<typeof exportAll>> {
    let told = 0;
    const progress = (done: number, total: number) => {
      const percent = Math.floor((100 * done) / Math.max(done, total));
      if (percent > told) this.#listener.exportProgress({ done, total });
      told = percent;
    };
    return this.#located().export(path, format, { progress, signal: this.#ending.signal });
  }

  /** @throws ConfigError, SQLite's error. */
  purge(): Result<typeof purge> {
    const store = this.#located();
    // First, so that nothing that is deleted comes in again from a log.
    if (databaseSize(store.file) > 0) this.#sharing.installation.raiseFloor(this.#clock.nowMs());
    const erased = store.erase({ by: "all" }, (connection) => Sharing.withdraw(connection, true));
    this.#sharing.emptyOutbox();
    this.#logs.empty();
    // Names that come again get other hashes: nothing links them with what was deleted or exported.
    this.#identity.erase();
    this.#hasher.forget();
    this.#listener.dataChanged();
    return erased;
  }

  sync(options: SyncOptions = { asked: true }): Promise<Result<typeof sync>> {
    return this.#sharing.sync(options);
  }

  eraseRemotely(): Promise<Result<typeof eraseRemotely>> {
    return this.#sharing.eraseRemotely();
  }

  preview(limit?: number): Result<typeof preview> {
    const found = this.#sharing.preview(limit);
    return found === undefined ? null : { ...found, body: found.body.toString("utf8") };
  }

  /** The newest events that were not sent; of all, where nothing is shared. */
  newest(most: number): ReturnType<Sharing["newest"]> {
    this.#located();
    return this.#sharing.newest(most);
  }

  /** Goes on sharing under another pseudonym. */
  resetIdentity(): void {
    this.#located();
    this.#sharing.resetIdentity();
    this.#tellSharing();
  }

  /** The session of a source without windows: the one that goes on, or a new one. */
  sessionOf(source: Source): string {
    return this.#located().read((connection) => goingOn(connection, source, this.#clock.nowMs())) ?? randomUUID();
  }

  /** The newest entries first. */
  ledger(most: number): readonly LedgerRow[] {
    this.#located();
    return this.#sharing.ledger(most);
  }

  ledgerBody(seq: number): Buffer | undefined {
    this.#located();
    return this.#sharing.ledgerBody(seq);
  }

  /** Every entry of the ledger as a line of JSON. */
  ledgerLines(): Iterable<string> {
    this.#located();
    return this.#sharing.ledgerLines();
  }

  verifyLedger(): Result<typeof verifyLedger> {
    this.#located();
    return this.#sharing.verify() ?? null;
  }

  close(): void {
    this.#ending.abort(new Error("The recorder ended."));
    this.#follow.stop();
    this.#sharing.stop();
    this.#maintenance.stop();
    this.#store.close();
  }

  /** An error of a request, in words for the user. */
  explain(error: unknown): string {
    const own =
      error instanceof StaleNoticeError || error instanceof NotPermittedError || error instanceof SelectionError;
    return own ? error.message : this.#explain(error).text;
  }

  #explain(error: unknown): Problem {
    if (error instanceof ConfigError || error instanceof DestinationError || error instanceof InstallationError) {
      return { kind: "config_invalid", text: error.message };
    }
    return storageProblem(error, this.#store.file);
  }

  /** The store, where the configuration has it. @throws ConfigError: what lies elsewhere must not be taken for all. */
  #located(): Store {
    this.#store.moveTo(this.#gate.rule().database);
    return this.#store;
  }

  /** After a success: a problem is over, but an unsound database that was put aside stays told. */
  #settle(): void {
    const { setAside } = this.#store;
    this.#setProblem(
      setAside === undefined
        ? null
        : {
            kind: "database_set_aside",
            text: `The database was damaged. It was kept as ${setAside}, and a new one was begun.`,
          },
    );
  }

  #setProblem(problem: Problem | null): void {
    if (problem?.text === this.#problem?.text) return;
    this.#problem = problem;
    this.#listener.problemChanged(problem);
  }
}

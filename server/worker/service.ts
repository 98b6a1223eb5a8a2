/**
 * Answers the editor's requests. Holds the parts together and knows no transport: `main.ts` brings the connection.
 *
 * Nothing here creates a file before the user has said yes, except the record of the decision itself.
 */

import { type ConsentReading, decide, type Permission } from "../../shared/consent/consent.ts";
import type { AgentName } from "../../shared/protocol/agents.ts";
import type { EditorState, RecordEventsRequest } from "../../shared/protocol/record.ts";
import type { Validated } from "../../shared/protocol/validate.ts";
import type {
  EraseRemotelyRequest,
  GiveConsentRequest,
  PurgeRequest,
  Status,
  SyncRequest,
} from "../../shared/protocol/worker.ts";
import type { Raw } from "../../shared/schema/raw.ts";
import { forgetSettings } from "../agents/forget.ts";
import type { Clock } from "../clock.ts";
import type { ConsentDecision } from "../config/consent-log.ts";
import { DestinationError } from "../config/destination.ts";
import type { Paths } from "../config/paths.ts";
import { NotPermittedError } from "../config/permission.ts";
import { removeWithLeftovers } from "../files/atomic-write.ts";
import {
  EventLogImporter,
  type ImportOptions,
  type ImportReport,
  type LogFault,
  logFaultText,
  unreadBytes,
} from "../ingest/event-log.ts";
import { EventLogWatcher } from "../ingest/event-log-watcher.ts";
import { AgentIds } from "../ingest/hooks/ids.ts";
import { type CommitOutcome, GroupCommit } from "../ingest/receiver/group-commit.ts";
import { ReceiverConfig } from "../ingest/receiver/receiver-config.ts";
import { ReceiverHost, receiverErrorText } from "../ingest/receiver/receiver-host.ts";
import { receiverInput } from "../ingest/receiver/receiver-input.ts";
import { Firewall } from "../privacy/firewall.ts";
import { IdentityFile, NameHasher } from "../privacy/identity.ts";
import { databaseSize } from "../store/database.ts";
import { erasureWatermark } from "../store/low-watermark.ts";
import { Sharing } from "../upload/sharing.ts";
import type { SyncOptions } from "../upload/sync/report.ts";
import { maxWaitMs } from "../upload/sync/retry.ts";
import { Collector } from "./collector.ts";
import { Maintenance } from "./maintenance.ts";
import { type Listener, TelemetryReader } from "./reader.ts";
import { ResourceUsage } from "./resource-usage.ts";

/** How often at most the editor is told how much waits, and something is sent by itself. Milliseconds. */
const sharingNotifyMs = 2_000;
const automaticMs = 15 * 60_000;
/** A retry comes a little after its time, so that it is due by every clock. Milliseconds. */
const retryMarginMs = 250;
/** What maintenance may cost a command, unless the database is over its limits. Milliseconds. */
const maintenanceMs = 300;

type Result<R extends { readonly result: unknown }> = Validated<R["result"]>;

export class TelemetryService extends TelemetryReader {
  readonly #identity: IdentityFile;
  readonly #hasher: NameHasher;
  readonly #firewall: Firewall;
  readonly #ids: AgentIds;
  readonly #maintenance: Maintenance;
  readonly #collector: Collector;
  readonly #logs: EventLogImporter;
  readonly #readsLogs: boolean;
  readonly #follow: EventLogWatcher;
  readonly #cost: ResourceUsage;
  #receivers: ReceiverHost | undefined;
  #receiverError: string | null = null;
  #logFaults: readonly LogFault[] = [];
  #notifiedMs = 0;
  #sentMs = 0;
  /** Lives as long as a window: it can try again later. */
  #isResident = false;
  #retry: NodeJS.Timeout | undefined;

  constructor(paths: Paths, env: NodeJS.ProcessEnv, editor: EditorState, clock: Clock, listener: Listener) {
    super(paths, env, editor, clock, listener);
    this.#cost = new ResourceUsage(clock.nowMs());
    this.#identity = new IdentityFile(paths.identityFile);
    this.#hasher = new NameHasher(() => this.#identity.localSalt());
    this.#firewall = new Firewall(this.#hasher);
    this.#ids = new AgentIds(this.#hasher);
    this.#maintenance = new Maintenance(
      this.store,
      clock,
      (error) => {
        const problem = this.problemOf(error);
        // What it leaves undone because another process writes, it does an hour later.
        if (problem.kind !== "database_locked") this.setProblem(problem);
      },
      (oldestMs) => {
        this.#logs.expire(oldestMs);
        this.sharing.expire(oldestMs);
      },
    );
    // `NEXUS_EVENT_LOG=0` stops writing and reading.
    this.#readsLogs = env["NEXUS_EVENT_LOG"] !== "0";
    this.#logs = new EventLogImporter(
      paths.eventLogFolder,
      (lines, also) => {
        this.#followIdentity();
        return this.#collector.import(lines, also);
      },
      (work) => this.store.read(work),
      clock,
      listener.importStep,
    );
    this.#follow = new EventLogWatcher(
      paths.eventLogFolder,
      () => this.importLogs({ signal: this.ending.signal }),
      (error) => {
        if (error instanceof NotPermittedError) this.#follow.stop();
        else this.setProblem(this.problemOf(error));
      },
    );
    this.#collector = new Collector(
      this.permissions,
      this.#firewall,
      this.store,
      this.#maintenance,
      this.#ids,
      clock,
      (error) => this.problemOf(error),
    );
  }

  /** After something was stored: tells what waits now and then, and sends by itself where the user chose that. */
  #shareAutomatically(): void {
    const nowMs = this.clock.nowMs();
    if (Math.abs(nowMs - this.#notifiedMs) < sharingNotifyMs) return;
    const { mode, automatic } = this.#permitted();
    if (mode !== "share") return;
    this.notifySharing();
    if (!automatic || Math.abs(nowMs - this.#sentMs) < automaticMs) return;
    this.#sentMs = nowMs;
    this.#syncQuietly({ userInitiated: false });
  }

  #syncQuietly(options: SyncOptions): void {
    this.sync(options).catch((error: unknown) => this.setProblem(this.problemOf(error)));
  }

  /**
   * A sync that failed is tried again when its pause is over: what the user asked to send, or everything where sending is automatic.
   */
  #retryAt(untilMs: number | null): void {
    clearTimeout(this.#retry);
    if (!this.#isResident || untilMs === null) return;
    const waitMs = Math.min(maxWaitMs, Math.max(0, untilMs - this.clock.nowMs()));
    const retry = () => this.#syncQuietly({ userInitiated: false, onlyFlush: !this.#permitted().automatic });
    this.#retry = setTimeout(retry, waitMs + retryMarginMs).unref();
  }

  /** Off where it cannot be known: what was just stored stays stored. */
  #permitted(): Pick<Permission, "mode" | "automatic" | "collect"> {
    try {
      return this.permissions.evaluate().permission;
    } catch {
      return { mode: "off", automatic: false, collect: [] };
    }
  }

  #commit(events: readonly Raw[]): CommitOutcome {
    return this.record({ events }).outcome;
  }

  /**
   * From now on this process holds the doors on loopback, or waits for its turn. For those that live as long as a window.
   * `connected`: whether an agent tells of its tools by its hooks.
   */
  startReceiver(connected: (agent: AgentName) => boolean): void {
    this.#isResident = true;
    const group = new GroupCommit((events) => this.#commit(events));
    this.#receivers = new ReceiverHost(
      new ReceiverConfig(this.paths.receiverFile),
      this.store,
      this.clock,
      receiverInput(connected, this.#ids, group, this.clock),
      () => this.#mayReceive(),
      (error) => {
        this.#receiverError = error === null ? null : receiverErrorText(error);
      },
    );
    this.begin();
  }

  /** Asked again and again while a window is open: what hooks and SDKs may do follows a configuration that was edited by hand. */
  #mayReceive(): boolean {
    this.keepRecordingState();
    return this.#permitted().collect.includes("tool_usage");
  }

  protected override processNotes(): readonly string[] {
    const faults = this.#logFaults.map(logFaultText);
    return [...super.processNotes(), ...faults, ...(this.#receiverError === null ? [] : [this.#receiverError])];
  }

  protected override notifySharing(): void {
    this.#notifiedMs = this.clock.nowMs();
    super.notifySharing();
  }

  protected override firewallCounts(): Status["firewall"] {
    return this.#firewall.counts();
  }

  protected override resourceUsage(): Status["resourceUsage"] {
    return this.#cost.now();
  }

  protected override lastStoredMs(): number | null {
    return this.#collector.lastStoredMs;
  }

  /** Picks up what was written to event logs while no worker ran, and follows them, where something may be recorded. */
  begin(): void {
    try {
      this.keepRecordingState("now and then");
      const { mode } = this.permissions.evaluate().permission;
      if (this.#readsLogs && mode !== "off") this.#follow.start();
      else this.#follow.stop();
      if (mode !== "off") this.#receivers?.begin();
      if (mode === "share" && this.#notifiedMs === 0) {
        this.notifySharing();
        this.#retryAt(this.sharing.status().retryAtMs);
      }
    } catch (error) {
      this.setProblem(this.problemOf(error));
    }
  }

  /** Waits for another process no longer than this. Milliseconds. */
  hurry(waitMs: number): void {
    this.store.waitMs = waitMs;
  }

  editorChanged(editor: EditorState): void {
    this.permissions.editor = editor;
  }

  record({ events }: Validated<(typeof RecordEventsRequest)["params"]>): Result<typeof RecordEventsRequest> {
    const outcome = this.#cost.of(events.length, () => this.#collector.record(events, () => this.#followIdentity()));
    if (outcome.outcome === "failed") this.setProblem(outcome.problem);
    else this.clearProblem();
    if (outcome.outcome === "stored" && outcome.stored > 0) this.listener.dataChanged();
    if (outcome.outcome === "not_permitted") this.#stop();
    if (outcome.outcome === "stored") {
      this.begin();
      this.#shareAutomatically();
    }
    return outcome;
  }

  /** Another window may have purged: names that come again get other hashes there and here. */
  #followIdentity(): void {
    if (this.#identity.hasChanged()) this.#hasher.forget();
  }

  /** Reads the event logs on. @throws UnsafePathError, NotPermittedError, ConfigError, the file system's or SQLite's error. */
  async importLogs(watch: ImportOptions = {}): Promise<ImportReport | undefined> {
    if (!this.#readsLogs) return undefined;
    // Before anything is renamed.
    if (
      this.permissions.evaluate().permission.mode === "off" &&
      unreadBytes(this.paths.eventLogFolder, this.clock.nowMs()).size > 0
    )
      throw new NotPermittedError("Recording is off.");
    const before = this.#firewall.counts().accepted;
    const report = await this.#logs.import(watch);
    this.#logFaults = report.faults;
    if (this.#firewall.counts().accepted > before) this.listener.dataChanged();
    return report;
  }

  /** @throws StaleNoticeError, UnsafePathError, DestinationError, or the file system's error. */
  giveConsent(decision: ConsentDecision): Result<typeof GiveConsentRequest> {
    if (decision.mode !== "off") this.permissions.refuseUnsafePaths();
    if (decision.mode === "share") this.#checkDestination(decision.destination);
    const before = this.consent.read();
    const decidedMs = this.consent.append(decision, () =>
      decision.mode === "off" ? this.permissions.installation() : this.sharing.installation.id(),
    );
    this.#shareAsDecided(before, decision);
    // Names of the user's own are not even remembered longer than they may be hashed.
    this.#hasher.forget();
    const permission = this.#permissionAfter(decision, decidedMs);
    this.keepRecordingState();
    if (permission.mode === "off") this.#stop();
    this.begin();
    if (permission.mode === "share") this.notifySharing();
    return { permission, decidedMs };
  }

  /** Nothing stays open where nothing is recorded. */
  #stop(): void {
    this.#receivers?.stop();
    this.store.close();
  }

  /** What was named on the screen must be what is configured. @throws DestinationError */
  #checkDestination(named: string | null): void {
    const { destination, destinationFault } = this.permissions.evaluate();
    if (destination === null) {
      throw new DestinationError(
        destinationFault ?? "There is no destination. Set upload_url in config.toml or NEXUS_USAGE_UPLOAD_URL first.",
      );
    }
    if (destination.url !== named) throw new DestinationError("The destination has changed since it was shown.");
  }

  /** Sharing follows; what keeps it from following is told, and the decision stands. */
  #shareAsDecided(before: ConsentReading, decision: ConsentDecision): void {
    try {
      this.store.selectFile(this.permissions.evaluate().database);
      this.sharing.follow(before, decision);
    } catch (error) {
      this.setProblem(this.problemOf(error));
    }
  }

  /** The decision is written down and counts, also where a file that could narrow it cannot be used at present. */
  #permissionAfter({ mode, collect, share, notice }: ConsentDecision, tsMs: number): Permission {
    try {
      return this.permissions.evaluate().permission;
    } catch (error) {
      this.setProblem(this.problemOf(error));
      return decide({ mode, collect, share, noticeVersion: notice.version, tsMs }, []);
    }
  }

  /** @throws ConfigError, SQLite's error. */
  purge(): Result<typeof PurgeRequest> {
    const store = this.located();
    // First, so that nothing that is deleted comes in again from a log.
    if (databaseSize(store.file) > 0) {
      const nowMs = this.clock.nowMs();
      const watermarkMs = store.read((connection) => erasureWatermark(connection, nowMs)) ?? nowMs;
      this.sharing.installation.raiseWatermark(watermarkMs);
    }
    // Before the database: an import that has read lines by now is stopped by what the erasure changes.
    this.#logs.empty();
    const erased = store.erase({ by: "all" }, (connection) => Sharing.withdraw(connection, true));
    this.sharing.clearOutbox();
    removeWithLeftovers(this.paths.commandSessionFile);
    const agentSettings = forgetSettings(this.paths);
    // Names that come again get other hashes: nothing links them with what was deleted or exported.
    this.#identity.erase();
    this.#hasher.forget();
    this.listener.dataChanged();
    return { ...erased, agentSettings };
  }

  async sync(options: SyncOptions = { userInitiated: true }): Promise<Result<typeof SyncRequest>> {
    const report = await this.sharing.sync(options);
    if (!this.ending.signal.aborted) this.#retryAt(report.retryAtMs);
    return report;
  }

  /** For a command that is about to end: runs the maintenance that is due. What fails is done with the next one. */
  async maintain(): Promise<void> {
    try {
      const { limits, permission } = this.permissions.evaluate();
      if (permission.mode !== "off" && this.store.isOpen) await this.#maintenance.finish(limits, maintenanceMs);
    } catch {
      // The command itself reports a configuration that cannot be read.
    }
  }

  eraseRemotely(): Promise<Result<typeof EraseRemotelyRequest>> {
    return this.sharing.eraseRemotely();
  }

  /** Goes on sharing under another pseudonym. */
  resetIdentity(): void {
    this.located();
    this.sharing.resetIdentity();
    this.notifySharing();
  }

  override close(): void {
    this.#follow.stop();
    this.#receivers?.stop();
    clearTimeout(this.#retry);
    this.#maintenance.stop();
    super.close();
  }
}

/**
 * The worker's facade: records, imports, uploads and erases; reading is `reader`'s. It knows no transport, which `main.ts` has.
 * It creates no file before the user's consent, except the consent record itself.
 */

import { type ConsentReading, decide, isOptOut, type Permission } from "../../shared/consent/consent.ts";
import type { AgentName } from "../../shared/protocol/agents.ts";
import type { Message } from "../../shared/protocol/message.ts";
import {
  defaultFlushRule,
  type EditorState,
  type FlushRule,
  type RecordEventsRequest,
} from "../../shared/protocol/record.ts";
import type { Validated } from "../../shared/protocol/validate.ts";
import type {
  CheckServerRequest,
  ErasedPart,
  ErasePlan,
  EraseRemotelyRequest,
  EraseRequestSelection,
  GiveConsentRequest,
  PurgeRequest,
  SyncRequest,
} from "../../shared/protocol/worker.ts";
import type { Raw } from "../../shared/schema/raw.ts";
import { forgetSettings } from "../agents/forget.ts";
import { DayCache } from "../analytics/query/day-cache.ts";
import type { ConsentDecision } from "../config/consent-log.ts";
import { DestinationError, noDestination } from "../config/destination.ts";
import { NotPermittedError } from "../config/permission.ts";
import { removeWithLeftovers } from "../files/atomic-write.ts";
import {
  EventLogImporter,
  type ImportOptions,
  type ImportReport,
  type LogFault,
  logFaultMessage,
  unreadBytes,
} from "../ingest/event-log.ts";
import { EventLogWatcher } from "../ingest/event-log-watcher.ts";
import { AgentIds } from "../ingest/hooks/ids.ts";
import { type CommitOutcome, GroupCommit } from "../ingest/receiver/group-commit.ts";
import { ReceiverConfig } from "../ingest/receiver/receiver-config.ts";
import { ReceiverHost, receiverErrorMessage } from "../ingest/receiver/receiver-host.ts";
import { receiverInput } from "../ingest/receiver/receiver-input.ts";
import { Firewall } from "../privacy/firewall.ts";
import { IdentityFile, NameHasher } from "../privacy/identity.ts";
import { databaseSize } from "../store/database.ts";
import { erasureWatermark } from "../store/low-watermark.ts";
import { dropBodies } from "../upload/ledger/ledger.ts";
import { Sharing } from "../upload/sharing.ts";
import type { SyncOptions } from "../upload/sync/report.ts";
import { AutomaticSync, permittedNow } from "./automatic-sync.ts";
import { Collector } from "./collector.ts";
import type { TelemetryCore } from "./core.ts";
import { DatabaseWatcher } from "./database-watcher.ts";
import { erasable, eraseSelections, isSelected } from "./erasing.ts";
import { Maintenance } from "./maintenance.ts";
import { type ProcessStatus, TelemetryReader } from "./reader.ts";
import { ResourceUsage } from "./resource-usage.ts";

/** Time that maintenance may cost a command, unless the database is over its limits. Milliseconds. */
const maintenanceMs = 300;

type Result<R extends { readonly result: unknown }> = Validated<R["result"]>;

export class TelemetryService {
  readonly reader: TelemetryReader;
  readonly #core: TelemetryCore;
  readonly #identity: IdentityFile;
  readonly #hasher: NameHasher;
  readonly #firewall: Firewall;
  readonly #ids: AgentIds;
  readonly #maintenance: Maintenance;
  readonly #collector: Collector;
  readonly #logs: EventLogImporter;
  readonly #readsLogs: boolean;
  readonly #follow: EventLogWatcher;
  readonly #database: DatabaseWatcher;
  readonly #usage: ResourceUsage;
  readonly #automatic: AutomaticSync;
  #receivers: ReceiverHost | undefined;
  #receiverError: Message | null = null;
  #logFaults: readonly LogFault[] = [];
  /** The user just agreed to import events from before the consent. */
  #retriesLeftovers = false;

  constructor(core: TelemetryCore) {
    this.#core = core;
    const { paths, env, clock, listener, store, permissions } = core;
    this.reader = new TelemetryReader(this.#core, () => this.#processStatus(), new DayCache());
    this.#automatic = new AutomaticSync(this.#core);
    this.#usage = new ResourceUsage(clock.nowMs());
    this.#identity = new IdentityFile(paths.identityFile);
    this.#hasher = new NameHasher(() => this.#identity.localSalt());
    this.#firewall = new Firewall(this.#hasher);
    this.#ids = new AgentIds(this.#hasher);
    this.#maintenance = new Maintenance(
      store,
      clock,
      (error) => {
        const problem = this.#core.problemOf(error);
        // Work that another writer prevents is repeated an hour later.
        if (problem.kind !== "database_locked") this.#core.setProblem(problem);
      },
      (oldestMs) => {
        this.#logs.expire(oldestMs);
        this.#core.sharing.expire(oldestMs);
      },
    );
    // NEXUS_EVENT_LOG=false stops writing and reading.
    this.#readsLogs = !isOptOut(env["NEXUS_EVENT_LOG"]);
    this.#logs = new EventLogImporter(
      paths.eventLogFolder,
      (lines, also) => {
        this.#followIdentity();
        return this.#collector.import(lines, also);
      },
      (work) => store.read(work),
      clock,
      listener.importStep,
    );
    this.#follow = new EventLogWatcher(
      paths.eventLogFolder,
      () => this.importLogs({ signal: this.#core.signal }),
      (error) => {
        if (error instanceof NotPermittedError) this.#follow.stop();
        else this.#core.reportProblem(error);
      },
    );
    this.#database = new DatabaseWatcher(store, () => listener.dataChanged());
    this.#collector = new Collector(permissions, this.#firewall, store, this.#maintenance, this.#ids, clock, (error) =>
      this.#core.problemOf(error),
    );
    // Ctrl+C closes only the core: maintenance must not open the store again.
    core.signal.addEventListener("abort", () => this.#maintenance.stop(), { once: true });
  }

  #commit(events: readonly Raw[]): CommitOutcome {
    return this.record({ events }).outcome;
  }

  /**
   * For a process that lives as long as a window: runs the local receiver, or waits for the lease. `connected`: whether an agent
   * reports its tool calls through hooks.
   */
  startReceiver(connected: (agent: AgentName) => boolean): void {
    this.#automatic.stayResident();
    const group = new GroupCommit((events) => this.#commit(events));
    this.#receivers = new ReceiverHost(
      new ReceiverConfig(this.#core.paths.receiverFile),
      this.#core.store,
      this.#core.clock,
      receiverInput(connected, this.#ids, group, this.#core.clock),
      () => this.#mayReceive(),
      (error) => {
        this.#receiverError = error === null ? null : receiverErrorMessage(error);
      },
    );
    this.begin();
  }

  /** Called periodically, so that hooks and SDKs follow a configuration that was edited by hand. */
  #mayReceive(): boolean {
    this.#core.keepRecordingState();
    return permittedNow(this.#core).collect.includes("tool_usage");
  }

  #processStatus(): ProcessStatus {
    const faults = this.#logFaults.map(logFaultMessage);
    return {
      firewall: this.#firewall.counts(),
      resourceUsage: this.#usage.now(),
      lastStoredMs: this.#collector.lastStoredMs,
      notes: this.#receiverError === null ? faults : [...faults, this.#receiverError],
    };
  }

  #dataChanged(): void {
    this.#database.seen();
    this.#core.listener.dataChanged();
  }

  /** Imports what event logs contain and follows them, if recording is on. */
  begin(): void {
    try {
      this.#core.keepRecordingState("now and then");
      const { mode } = this.#core.permissions.evaluate().permission;
      if (this.#readsLogs && mode !== "off") this.#follow.start();
      else this.#follow.stop();
      if (mode !== "off") {
        this.#receivers?.begin();
        // Only a process that stays has someone to notify.
        if (this.#receivers !== undefined) this.#database.start();
      } else this.#database.stop();
      if (mode === "share") this.#automatic.begin();
    } catch (error) {
      this.#core.reportProblem(error);
    }
  }

  bindOldDecision(): void {
    this.#core.bindOldDecision();
  }

  isDecidedHere(): boolean {
    return this.#core.isDecidedHere();
  }

  explain(error: unknown): string {
    return this.#core.explain(error);
  }

  /** When the extension sends captured events. An invalid configuration pauses recording, so its rule does not matter. */
  flushRule(): FlushRule {
    try {
      return this.#core.permissions.flushRule();
    } catch {
      return defaultFlushRule;
    }
  }

  /** Limits the wait for locks of other processes. Milliseconds. */
  hurry(waitMs: number): void {
    this.#core.store.waitMs = waitMs;
  }

  editorChanged(editor: EditorState): void {
    this.#core.permissions.editor = editor;
  }

  record({ events }: Validated<(typeof RecordEventsRequest)["params"]>): Result<typeof RecordEventsRequest> {
    const outcome = this.#usage.of(events.length, () => this.#collector.record(events, () => this.#followIdentity()));
    if (outcome.outcome === "failed") this.#core.setProblem(outcome.problem);
    else this.#core.clearProblem();
    if (outcome.outcome === "stored" && outcome.stored > 0) this.#dataChanged();
    if (outcome.outcome === "not_permitted") this.#stop();
    if (outcome.outcome === "stored") {
      this.begin();
      this.#automatic.afterStored();
    }
    return outcome;
  }

  /** A purge by another window replaces the salt, which changes the hash of every name. */
  #followIdentity(): void {
    if (this.#identity.hasChanged()) this.#hasher.forget();
  }

  /** Imports new lines of the event logs. @throws UnsafePathError, NotPermittedError, ConfigError, the file system's or SQLite's error. */
  async importLogs(watch: ImportOptions = {}): Promise<ImportReport | undefined> {
    if (!this.#readsLogs) return undefined;
    // Checked before a log is renamed.
    if (
      this.#core.permissions.evaluate().permission.mode === "off" &&
      unreadBytes(this.#core.paths.eventLogFolder, this.#core.clock.nowMs()).size > 0
    )
      throw new NotPermittedError("Recording is off.");
    const before = this.#firewall.counts().accepted;
    const report = await this.#logs.import(this.#retriesLeftovers ? { ...watch, retryLeftovers: true } : watch);
    this.#retriesLeftovers = false;
    this.#logFaults = report.faults;
    if (this.#firewall.counts().accepted > before) this.#dataChanged();
    return report;
  }

  /** @throws StaleNoticeError, UnsafePathError, DestinationError, or the file system's error. */
  giveConsent(decision: ConsentDecision): Result<typeof GiveConsentRequest> {
    if (decision.mode !== "off") this.#core.permissions.refuseUnsafePaths();
    if (decision.mode === "share") this.#checkDestination(decision.destination);
    const before = this.#core.consent.read();
    const decidedMs = this.#core.consent.append(decision, () =>
      decision.mode === "off" ? this.#core.permissions.installation() : this.#core.sharing.installation.id(),
    );
    this.#retriesLeftovers ||= decision.earlierEvents;
    this.#shareAsDecided(before, decision);
    // Cached names must not outlive the permission to hash them.
    this.#hasher.forget();
    const permission = this.#permissionAfter(decision, decidedMs);
    this.#core.keepRecordingState();
    if (permission.mode === "off") this.#stop();
    this.begin();
    if (permission.mode === "share") this.#core.notifySharing();
    return { permission, decidedMs };
  }

  /** Closes everything that recording opened. */
  #stop(): void {
    this.#database.stop();
    this.#receivers?.stop();
    this.#core.store.close();
  }

  /** Requires the destination that the user was shown. @throws DestinationError */
  #checkDestination(named: string | null): void {
    const { destination, destinationFault } = this.#core.permissions.evaluate();
    if (destination === null) {
      throw new DestinationError(destinationFault ?? noDestination);
    }
    if (destination.url !== named)
      throw new DestinationError("The destination changed after the dialog opened. Review it again.");
  }

  /** Applies the decision to sharing. A failure is reported; the decision is valid nevertheless. */
  #shareAsDecided(before: ConsentReading, decision: ConsentDecision): void {
    try {
      this.#core.store.selectFile(this.#core.permissions.evaluate().database);
      this.#core.sharing.follow(before, decision);
    } catch (error) {
      this.#core.reportProblem(error);
    }
  }

  /** The saved decision counts even if a file that could narrow it is unreadable at present. */
  #permissionAfter({ mode, collect, share, notice }: ConsentDecision, tsMs: number): Permission {
    try {
      return this.#core.permissions.evaluate().permission;
    } catch (error) {
      this.#core.reportProblem(error);
      return decide({ mode, collect, share, noticeVersion: notice.version, tsMs }, []);
    }
  }

  /** @throws ConfigError, SQLite's error. */
  purge(): Result<typeof PurgeRequest> {
    const store = this.#core.locatedStore();
    // First, so that nothing deleted is imported again.
    if (databaseSize(store.file) > 0) {
      const nowMs = this.#core.clock.nowMs();
      const watermarkMs = store.read((connection) => erasureWatermark(connection, nowMs)) ?? nowMs;
      this.#core.sharing.installation.raiseWatermark(watermarkMs);
    }
    // Before the database: an import that has read lines already is stopped by the erasure.
    this.#logs.empty();
    const erased = store.erase({ by: "all" }, (connection) => Sharing.withdraw(connection, true));
    this.reader.dropCache();
    this.#core.sharing.clearOutbox();
    removeWithLeftovers(this.#core.paths.commandSessionFile);
    const agentSettings = forgetSettings(this.#core.paths);
    // A new salt: nothing links future names with deleted or exported ones.
    this.#identity.erase();
    this.#hasher.forget();
    this.#dataChanged();
    return { ...erased, agentSettings };
  }

  /** Counts what `erasePart` would delete. @throws EraseError, SelectionError, ConfigError, SQLite's error. */
  planErasure(part: EraseRequestSelection): ErasePlan {
    const store = this.#core.locatedStore();
    const known = store.read(erasable);
    const sources = [...(known?.sources ?? [])];
    const nothing = { sources, events: 0, sessions: 0, totals: 0, bytes: 0 };
    if (known === undefined || Object.values(part).every((value) => value === null)) return nothing;
    const plans = eraseSelections(part, known, this.#hasher, this.#core.clock.nowMs()).flatMap((selection) => {
      const plan = store.planErasure(selection);
      return plan === undefined ? [] : [plan];
    });
    const sum = (name: "events" | "sessions" | "totals" | "bytes") =>
      plans.reduce((total, plan) => total + plan[name], 0);
    return { sources, events: sum("events"), sessions: sum("sessions"), totals: sum("totals"), bytes: sum("bytes") };
  }

  /**
   * Deletes a part of the stored data, pending batches and the bodies in the ledger, whose events are not known any more.
   * @throws EraseError, SelectionError, ConfigError, SQLite's error.
   */
  async erasePart(part: EraseRequestSelection): Promise<ErasedPart> {
    // Their lines belong to the erased part too.
    if (this.#core.permissions.evaluate().permission.mode !== "off") await this.importLogs();
    const store = this.#core.locatedStore();
    const known = store.read(erasable) ?? { sources: [], workspaces: new Set<string>() };
    let erased: ErasedPart = { events: 0, sessions: 0, freedBytes: 0, searched: 0, found: 0, copies: [] };
    for (const selection of eraseSelections(part, known, this.#hasher, this.#core.clock.nowMs())) {
      this.#logs.leftovers.remove((event) => isSelected(event, selection));
      const one = store.erase(selection, (connection) => {
        Sharing.withdraw(connection, false);
        dropBodies(connection);
      });
      erased = {
        events: erased.events + one.events,
        sessions: erased.sessions + one.sessions,
        freedBytes: erased.freedBytes + one.freedBytes,
        searched: erased.searched + one.searched,
        found: erased.found + one.found,
        copies: [...new Set([...erased.copies, ...one.copies])],
      };
    }
    this.#core.sharing.clearOutbox();
    this.reader.dropCache();
    this.#dataChanged();
    this.#core.notifySharing();
    return erased;
  }

  sync(options: SyncOptions = { userInitiated: true }): Promise<Result<typeof SyncRequest>> {
    return this.#automatic.sync(options);
  }

  /** For a command that is about to end: runs maintenance that is due. A failure is left to the next run. */
  async maintain(): Promise<void> {
    try {
      const { limits, permission } = this.#core.permissions.evaluate();
      if (permission.mode !== "off" && this.#core.store.isOpen) await this.#maintenance.finish(limits, maintenanceMs);
    } catch {
      // The command itself reports an unreadable configuration.
    }
  }

  /** Asks the configured server which upload schemas it accepts. @throws NotPermittedError, DestinationError, SQLite's error. */
  async checkServer(): Promise<Result<typeof CheckServerRequest>> {
    const check = await this.#core.sharing.checkSchema();
    this.#core.notifySharing();
    return check;
  }

  eraseRemotely(): Promise<Result<typeof EraseRemotelyRequest>> {
    return this.#core.sharing.eraseRemotely();
  }

  /** Replaces the pseudonym. */
  resetIdentity(): void {
    this.#core.locatedStore();
    this.#core.sharing.resetIdentity();
    this.#core.notifySharing();
  }

  close(): void {
    this.#follow.stop();
    this.#database.stop();
    this.#receivers?.stop();
    this.#automatic.stop();
    this.#core.close();
  }
}

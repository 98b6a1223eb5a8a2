/**
 * What reading and recording share: the permission, the store, sharing, and the current problem. Creates no file before the
 * user's consent.
 */
import { isRecord } from "../../shared/consent/consent.ts";
import { message, textOf, verbatim } from "../../shared/protocol/message.ts";
import type { EditorState, Problem } from "../../shared/protocol/record.ts";
import type { ExportProgress } from "../../shared/protocol/worker.ts";
import { SelectionError } from "../analytics/calendar.ts";
import type { Clock } from "../clock.ts";
import { ConfigError } from "../config/config.ts";
import { type ConsentLog, StaleNoticeError } from "../config/consent-log.ts";
import { DestinationError } from "../config/destination.ts";
import type { Paths } from "../config/paths.ts";
import { NotPermittedError, PermissionEvaluator } from "../config/permission.ts";
import { pathFault } from "../files/ownership.ts";
import type { ImportStep } from "../ingest/event-log.ts";
import { ExportReadError } from "../ingest/export-lines.ts";
import { ExportError } from "../store/export/export-file.ts";
import { storageProblem } from "../store/storage-errors.ts";
import { Store } from "../store/store.ts";
import { Sharing, type SharingStatus } from "../upload/sharing.ts";
import { PseudonymFileError } from "../upload/state/pseudonyms.ts";
import type { UploadStep } from "../upload/sync/report.ts";
import { EraseError } from "./erasing.ts";
import { productInfo } from "./product-info.ts";

/** Receives the worker's notifications. */
export interface Listener {
  dataChanged(): void;
  problemChanged(problem: Problem | null): void;
  exportProgress(progress: ExportProgress): void;
  sharingChanged(sharing: SharingStatus): void;
  /** Each step of an upload that leaves something behind; for crash tests. */
  readonly uploadStep?: (step: UploadStep) => void;
  /** Each step of an import that leaves something behind; for crash tests. */
  readonly importStep?: (step: ImportStep) => void;
}

const nothing = (): void => undefined;

/** For a process without a window to inform. */
export const silentListener: Listener = {
  dataChanged: nothing,
  problemChanged: nothing,
  exportProgress: nothing,
  sharingChanged: nothing,
};

export class TelemetryCore {
  readonly paths: Paths;
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  readonly listener: Listener;
  readonly permissions: PermissionEvaluator;
  readonly consent: ConsentLog;
  readonly store: Store;
  readonly sharing: Sharing;
  readonly #ending = new AbortController();
  #problem: Problem | null = null;
  #notifiedMs = 0;

  constructor(paths: Paths, env: NodeJS.ProcessEnv, editor: EditorState, clock: Clock, listener: Listener) {
    this.paths = paths;
    this.env = env;
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

  /** Aborts when the process is about to end. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  get problem(): Problem | null {
    return this.#problem;
  }

  /** Time of the last notification of the sharing status, in milliseconds since 1970; 0 before the first. */
  get sharingNotifiedMs(): number {
    return this.#notifiedMs;
  }

  notifySharing(): void {
    this.#notifiedMs = this.clock.nowMs();
    try {
      this.listener.sharingChanged(this.sharing.status());
    } catch (error) {
      this.reportProblem(error);
    }
  }

  /** Returns the store at its configured path. @throws ConfigError, because a store at another path would be incomplete. */
  locatedStore(): Store {
    this.store.selectFile(this.permissions.evaluate().database);
    return this.store;
  }

  /**
   * For a window or a terminal, where the user notices: binds a consent record of a version that named no installation to this
   * one, if both are in the user's home folder and this `NEXUS_HOME` has no record of its own.
   */
  bindOldDecision(): void {
    try {
      if (!this.paths.isDefaultFolder || this.permissions.installation() !== null || this.consent.read() !== "unbound")
        return;
      // A link can lead into another user's folder.
      if (pathFault(this.paths.home) !== undefined) return;
      this.consent.bind(this.sharing.installation.id());
    } catch (error) {
      this.reportProblem(error);
    }
  }

  /** Whether the user's last decision was for this `NEXUS_HOME`. */
  isDecidedHere(): boolean {
    return isRecord(this.consent.read());
  }

  /** Writes the file from which hooks and SDKs read what they may record; without it they record nothing. */
  keepRecordingState(at: "now" | "now and then" = "now"): void {
    try {
      this.permissions.keepRecordingState(at);
    } catch (error) {
      this.reportProblem(error);
    }
  }

  /** Returns the text of a failed request for the user. */
  explain(error: unknown): string {
    const isOurs =
      error instanceof StaleNoticeError ||
      error instanceof NotPermittedError ||
      error instanceof SelectionError ||
      error instanceof ExportError ||
      error instanceof EraseError ||
      error instanceof ExportReadError;
    return isOurs ? error.message : textOf(this.problemOf(error).message);
  }

  problemOf(error: unknown): Problem {
    if (error instanceof ConfigError || error instanceof DestinationError || error instanceof PseudonymFileError)
      return { kind: "config_invalid", message: verbatim(error.message) };
    return storageProblem(error, this.store.file);
  }

  reportProblem(error: unknown): void {
    this.setProblem(this.problemOf(error));
  }

  setProblem(problem: Problem | null): void {
    if (JSON.stringify(problem) === JSON.stringify(this.#problem)) return;
    this.#problem = problem;
    this.listener.problemChanged(problem);
  }

  /** Ends a problem after a success. A quarantined database stays reported. */
  clearProblem(): void {
    const { quarantined } = this.store;
    if (quarantined === undefined) {
      this.setProblem(null);
      return;
    }
    const text = "The database was corrupt. It was moved to {file}; a new one was created.";
    this.setProblem({ kind: "database_quarantined", message: message(text, { file: quarantined }) });
  }

  close(): void {
    this.#ending.abort(new Error("The worker stopped."));
    this.sharing.stop();
    this.store.close();
  }
}

/**
 * Runs one upload at a time in this process: a second caller gets the report of the run that is
 * under way.
 */
import type { Clock } from "../../clock.ts";
import type { Destination } from "../../config/destination.ts";
import type { Paths } from "../../config/paths.ts";
import type { PermissionEvaluator } from "../../config/permission.ts";
import { newOwner } from "../../store/lease.ts";
import type { Store } from "../../store/store.ts";
import type { HttpClient } from "../http/http-client.ts";
import type { OutboxFolder } from "../state/outbox-folder.ts";
import type { PseudonymFile } from "../state/pseudonyms.ts";
import { type SyncOptions, type SyncProgress, type SyncReport, SyncStopped, type UploadStep } from "./report.ts";
import { UploadRun } from "./upload-run.ts";
import { consentWithdrawn } from "./upload-session.ts";

export interface UploaderParts {
  readonly paths: Paths;
  readonly store: Store;
  readonly permissions: PermissionEvaluator;
  readonly installation: PseudonymFile;
  readonly outbox: OutboxFolder;
  readonly clock: Clock;
  readonly open: (destination: Destination) => Promise<HttpClient>;
  /** Counts the events that may be sent and were not sent yet. */
  readonly pending: () => number;
  readonly step?: (step: UploadStep) => void;
  readonly progress?: (progress: SyncProgress) => void;
}

export class Uploader {
  readonly #parts: UploaderParts;
  readonly #owner = newOwner();
  #running: Promise<SyncReport> | undefined;
  #stop = new AbortController();

  constructor(parts: UploaderParts) {
    this.#parts = parts;
  }

  get syncing(): boolean {
    return this.#running !== undefined;
  }

  /** Starts a run, or joins the one under way. A run that is being stopped ends first. */
  async sync(options: SyncOptions): Promise<SyncReport> {
    if (this.#running !== undefined && this.#stop.signal.aborted) await this.whenIdle();
    if (this.#running === undefined) {
      this.#stop = new AbortController();
      const run = new UploadRun(this.#parts, this.#owner, options, this.#stop);
      this.#running = run.run().finally(() => {
        this.#running = undefined;
      });
    }
    return this.#running;
  }

  /** Resolves once no run is under way. */
  async whenIdle(): Promise<void> {
    // The caller of `sync` handles the error.
    await this.#running?.catch(() => undefined);
  }

  /** Aborts the run and its current request. */
  stop(reason = consentWithdrawn): void {
    this.#stop.abort(new SyncStopped("stopped", reason));
  }
}

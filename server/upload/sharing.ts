/**
 * Sharing as the worker and the CLI use it: follows the user's decisions, uploads, previews,
 * reports the status, and removes what a purge removes.
 */

import { existsSync } from "node:fs";
import { type ConsentReading, isRecord, type Mode } from "../../shared/consent/consent.ts";
import { type Message, message } from "../../shared/protocol/message.ts";
import { type Category, categories } from "../../shared/schema/categories.ts";
import type { UploadSchema } from "../../shared/schema/upload-schema.ts";
import { waitingMessages } from "../../shared/text/sentences.ts";
import type { Clock } from "../clock.ts";
import { type Destination, DestinationError, noDestination } from "../config/destination.ts";
import type { Paths } from "../config/paths.ts";
import { type EffectivePolicy, NotPermittedError, type PermissionEvaluator } from "../config/permission.ts";
import { type Connection, immediately } from "../store/driver/driver.ts";
import type { StoredEvent } from "../store/events/read.ts";
import type { Store } from "../store/store.ts";
import type { HttpClient } from "./http/http-client.ts";
import { dropBodies, type LedgerCheck, type LedgerRow, lines, listEntries, readBody, verify } from "./ledger/ledger.ts";
import {
  countPendingEvents,
  countRejected,
  deleteRejected,
  rejectedBatches,
  withdrawBatches,
} from "./state/batches.ts";
import { readServer } from "./state/known-servers.ts";
import { OutboxFolder } from "./state/outbox-folder.ts";
import { countPending, newestEvents } from "./state/pending-events.ts";
import { PseudonymFile } from "./state/pseudonyms.ts";
import {
  endUploadState,
  keepSchema1ForRecorded,
  moveCursor,
  readUploadState,
  removeStateFile,
  resume,
  startUploadState,
  type UploadState,
  writeStateFile,
} from "./state/upload-state.ts";
import { partOf, preview, schemaInUse } from "./sync/preview.ts";
import type { SyncOptions, SyncProgress, SyncReport, UploadStep } from "./sync/report.ts";
import { checkSchema, type SchemaCheck, schemaCheckLimits } from "./sync/schema-check.ts";
import { Uploader } from "./sync/uploader.ts";
import { projectEvent } from "./wire/project-event.ts";

/** The sharing part of a consent record. */
export interface AgreedSharing {
  readonly mode: Mode;
  readonly destination: string | null;
  readonly schema: UploadSchema;
}

export interface SharingParts {
  readonly paths: Paths;
  readonly store: Store;
  readonly permissions: PermissionEvaluator;
  readonly clock: Clock;
  readonly env: NodeJS.ProcessEnv;
  /** The proxy of the editor's settings. */
  readonly editorProxy?: () => string | undefined;
  readonly changed?: () => void;
  readonly progress?: (progress: SyncProgress) => void;
  /** For crash tests. */
  readonly step?: (step: UploadStep) => void;
}

/** The newest events: as they would be sent, or, if nothing is shared, as they are stored. */
export type NewestEvents =
  | { readonly sharing: true; readonly total: number; readonly events: readonly object[] }
  | { readonly sharing: false; readonly total: number; readonly events: readonly StoredEvent[] };

/** Ledger entries read at once; a body has up to 1 MB. */
const linesPerRead = 4;

export interface SharingStatus {
  /** Host and port; `null` if none is configured. */
  readonly destination: string | null;
  /** The upload URL as a consent record names it; `null` if none is configured. */
  readonly address: string | null;
  /** The upload schema in use, or the one that would be used. */
  readonly schema: UploadSchema;
  /** The largest upload schema that the user agreed to; `null` without consent to share. */
  readonly agreedSchema: UploadSchema | null;
  /** The largest upload schema that server, this version and the configuration permit, and when the server said so. */
  readonly offered: { readonly schema: UploadSchema; readonly checkedMs: number } | null;
  /** Events that may be sent and were not sent yet, counted up to `maxCounted`. */
  readonly pending: number;
  /** Of these, the events in the outbox. */
  readonly waiting: number;
  readonly syncing: boolean;
  readonly syncedMs: number | null;
  /** Why uploading is paused until the user acts. */
  readonly paused: Message | null;
  /**
   * "127.0.0.1:8787 cannot be reached. 11 events are waiting; next try at 10:14." `null` where
   * nothing failed.
   */
  readonly failure: readonly Message[] | null;
  /** Time of the next attempt. */
  readonly retryAtMs: number | null;
  /** Whether the server signs receipts; `null` before the first contact. */
  readonly receipts: boolean | null;
  readonly rejected: number;
  /** Unconfirmed remote erasures. */
  readonly erasures: number;
  /** Of these, accepted by a server and not finished. */
  readonly erasing: number;
  /** Servers that received data. */
  readonly sharedWith: number;
}

export class Sharing {
  readonly installation: PseudonymFile;
  readonly #parts: SharingParts;
  readonly #outbox: OutboxFolder;
  readonly #uploader: Uploader;
  readonly #ending = new AbortController();

  constructor(parts: SharingParts) {
    const { paths, env } = parts;
    this.#parts = parts;
    this.installation = new PseudonymFile(paths.installationFile);
    this.#outbox = new OutboxFolder(paths.outboxFolder);
    const open = async (destination: Destination): Promise<HttpClient> => {
      const { openHttpClient } = await import("./http/undici-client.ts");
      return openHttpClient(destination, env, parts.editorProxy?.());
    };
    const pending = () => this.status().pending;
    this.#uploader = new Uploader({ ...parts, installation: this.installation, outbox: this.#outbox, open, pending });
  }

  /**
   * Follows a new consent record. A withdrawal stops a run at once and deletes every pending batch.
   */
  follow(before: ConsentReading, now: AgreedSharing): void {
    const { store } = this.#parts;
    const sameDestination = isRecord(before) && before.mode === "share" && before.destination === now.destination;
    if (now.mode !== "share" || !sameDestination) this.#end();
    if (now.mode !== "share") return;
    // Pending batches were frozen under the earlier consent, which may cover other categories.
    store.withExistingDatabase((connection) => immediately(connection, () => Sharing.withdraw(connection, false)));
    this.#outbox.empty();
    this.#begin();
    // A pause may have asked for this decision.
    store.withExistingDatabase((connection) => immediately(connection, () => resume(connection)));
    const grows = sameDestination && now.schema > (before.schema ?? 1);
    if (grows)
      store.withExistingDatabase((connection) => immediately(connection, () => keepSchema1ForRecorded(connection)));
  }

  /**
   * Replaces the pseudonym by an unlinkable new one; unsent events stay local. The earlier one is
   * kept for remote erasure.
   */
  resetIdentity(): void {
    this.#end();
    this.#begin();
  }

  /**
   * Returns the number of unsent events and the newest of them as they would be sent; of all events as they are stored if nothing
   * is shared.
   */
  newest(max: number): NewestEvents {
    const { store, permissions } = this.#parts;
    const policy = permissions.evaluate();
    const found = store.read((connection): NewestEvents => {
      const state = policy.permission.mode === "share" ? readUploadState(connection) : undefined;
      if (state === undefined) return { ...newestEvents(connection, undefined, max), sharing: false };
      const part = { ...state, schema: schemaInUse(connection, policy) };
      const { events, total } = newestEvents(connection, part, max);
      return { events: events.flatMap((event) => projected(connection, event, state, policy)), total, sharing: true };
    });
    return found ?? { events: [], total: 0, sharing: false };
  }

  #begin(): void {
    const { store, clock, paths } = this.#parts;
    store.withDatabase((connection) =>
      immediately(connection, () => {
        if (readUploadState(connection) !== undefined) return;
        startUploadState(connection, this.installation.create(clock.nowMs()).anon_user_id, clock.nowMs());
      }),
    );
    const state = store.read(readUploadState);
    if (state !== undefined) writeStateFile(paths.uploadStateFile, state);
  }

  #end(): void {
    const { store, paths } = this.#parts;
    this.#uploader.stop();
    store.withExistingDatabase((connection) => immediately(connection, () => endUploadState(connection)));
    this.#outbox.empty();
    removeStateFile(paths.uploadStateFile);
    if (existsSync(paths.installationFile)) this.installation.forgetUnused(undefined);
  }

  sync(options: SyncOptions): Promise<SyncReport> {
    const running = this.#uploader.sync(options);
    const { changed } = this.#parts;
    changed?.();
    return running.finally(() => changed?.());
  }

  /** Requests erasure from every server that received data, now and until each has confirmed. */
  async eraseRemotely(): Promise<SyncReport> {
    this.installation.requestErasure();
    // A run that was under way did not see the request and may have sent data since.
    await this.#uploader.whenIdle();
    this.installation.requestErasure();
    return this.sync({ userInitiated: true, onlyErase: true });
  }

  /**
   * Asks the configured server which upload schemas it accepts, because the user chose to.
   * @throws NotPermittedError while recording is off, DestinationError, SQLite's error.
   */
  async checkSchema(): Promise<SchemaCheck> {
    const { store, permissions, clock, env, editorProxy } = this.#parts;
    const { permission, destination, destinationFault, database } = permissions.evaluate();
    if (permission.mode === "off") throw new NotPermittedError("Recording is off, so no server is contacted.");
    if (destination === null) throw new DestinationError(destinationFault ?? noDestination);
    const { host } = destination;
    const blockers = permission.refusals.filter(({ by }) => by !== "notice" && by !== "destination");
    if (blockers.length > 0) {
      const names = blockers.map(({ name }) => name).join("; ");
      return {
        host,
        schema: 1,
        reason: message("Sharing is blocked by {names}, so {host} was not asked.", { names, host }),
      };
    }
    store.selectFile(database);
    const { openHttpClient } = await import("./http/undici-client.ts");
    const client = openHttpClient(destination, env, editorProxy?.(), schemaCheckLimits);
    try {
      return await checkSchema({ store, clock, client, signal: this.#ending.signal }, destination);
    } finally {
      await client.close();
    }
  }

  /**
   * Returns the exact bytes to be sent next. With `shared`, or without consent: of stored events, as if the user had agreed to share
   * these categories (all if missing) in the largest schema that the server accepts.
   */
  preview(limit?: number, shared?: readonly Category[]): ReturnType<typeof preview> {
    const { store, permissions } = this.#parts;
    const policy = permissions.evaluate();
    store.selectFile(policy.database);
    if (shared === undefined && policy.permission.mode === "share") return preview(store, policy, limit);
    const schema = this.status().offered?.schema ?? 1;
    return preview(store, policy, limit, { categories: shared ?? categories, schema });
  }

  status(): SharingStatus {
    const { store, permissions } = this.#parts;
    const policy = permissions.evaluate();
    const { destination, maxSchema, permission } = policy;
    const host = destination?.host ?? null;
    const isSharing = permission.mode === "share";
    const known = store.read((connection) => ({
      server: destination === null ? undefined : readServer(connection, destination.url),
      schema: schemaInUse(connection, policy),
      counts: isSharing ? pendingCounts(connection, policy, this.#parts.clock.nowMs()) : undefined,
    }));
    const offered = known?.server?.schema;
    const installation = existsSync(this.#parts.paths.installationFile) ? this.installation : undefined;
    return {
      destination: host,
      address: destination?.url ?? null,
      // Before consent: what the server accepts, as far as the configuration permits it.
      schema: isSharing ? (known?.schema ?? policy.schema) : offered === 2 && maxSchema === 2 ? 2 : 1,
      agreedSchema: permission.agreedShare.length === 0 ? null : permission.agreedSchema,
      offered:
        offered === undefined
          ? null
          : { schema: offered < maxSchema ? offered : maxSchema, checkedMs: known?.server?.schemaAtMs ?? 0 },
      pending: 0,
      waiting: 0,
      syncedMs: null,
      paused: null,
      failure: null,
      retryAtMs: null,
      receipts: null,
      rejected: 0,
      ...known?.counts,
      syncing: this.#uploader.syncing,
      erasures: installation?.pendingErasures().length ?? 0,
      erasing: installation?.accepted() ?? 0,
      sharedWith: installation?.read().identities.filter(({ destinations }) => destinations.length > 0).length ?? 0,
    };
  }

  ledger(max: number): readonly LedgerRow[] {
    return this.#parts.store.read((connection) => listEntries(connection, max)) ?? [];
  }

  /** Returns the exact body of an entry; `undefined` if it is no longer stored. */
  ledgerBody(seq: number): Buffer | undefined {
    return this.#parts.store.read((connection) => readBody(connection, seq));
  }

  /** Yields every entry as a line of JSON, oldest first. */
  *ledgerLines(): Iterable<string> {
    const { store } = this.#parts;
    for (let last = 0; ; ) {
      const chunk = store.read((connection) => [...lines(connection, last, linesPerRead)]) ?? [];
      for (const { body, ...line } of chunk) {
        const text = body === undefined ? null : body === "damaged" ? body : body.toString("utf8");
        yield JSON.stringify({ ...line, body: text });
        last = line.seq;
      }
      if (chunk.length === 0) return;
    }
  }

  verify(): LedgerCheck | undefined {
    return this.#parts.store.read((connection) => verify(lines(connection)));
  }

  /**
   * Deletes pending batches, and with `all` the ledger's bodies, in the transaction of an erasure.
   * Events of batches that were never tried are collected again.
   */
  static withdraw(connection: Connection, all: boolean): void {
    const rewound = withdrawBatches(connection);
    if (all) dropBodies(connection);
    else if (rewound !== undefined) moveCursor(connection, rewound.cursorId, 0);
  }

  /** Removes the outbox files after an erasure. */
  clearOutbox(): void {
    this.#outbox.empty();
    const state = this.#parts.store.read(readUploadState);
    if (state !== undefined) writeStateFile(this.#parts.paths.uploadStateFile, state);
  }

  /** Removes rejected batches that are older than the retained events. */
  expire(oldestMs: number): void {
    const { store } = this.#parts;
    const expired = store.read((connection) => rejectedBatches(connection, oldestMs)) ?? [];
    for (const batch of expired) this.#outbox.forget(batch);
    if (expired.length > 0) store.withExistingDatabase((connection) => deleteRejected(connection, oldestMs));
  }

  stop(): void {
    this.#ending.abort(new Error("The worker stopped."));
    this.#uploader.stop(message("The worker stopped."));
  }
}

/** Returns the event as it would be sent; nothing if nothing of it would. */
function projected(
  connection: Connection,
  event: StoredEvent,
  state: UploadState,
  policy: EffectivePolicy,
): readonly object[] {
  const { pseudonym, schema, bits } = partOf(connection, event.key - 1, state, policy);
  const projection = projectEvent(event, schema, bits, pseudonym);
  return projection === undefined ? [] : [projection];
}

function pendingCounts(connection: Connection, policy: EffectivePolicy, nowMs: number): Partial<SharingStatus> {
  const state = readUploadState(connection);
  if (state === undefined) return {};
  const waiting = countPendingEvents(connection);
  const retryAtMs = Math.max(state.waitUntilMs, state.serverWaitMs);
  const { destination } = policy;
  const server = destination === null ? undefined : readServer(connection, destination.url);
  const isKnown = server !== undefined && (server.isBasic || server.enrolled !== undefined);
  const pending = waiting + countPending(connection, { ...state, schema: schemaInUse(connection, policy) });
  const { failure: reason } = state;
  return {
    pending,
    waiting,
    syncedMs: state.syncedMs,
    paused: state.paused,
    failure: reason === null || retryAtMs <= nowMs ? null : waitingMessages({ reason, pending, retryAtMs }, nowMs),
    retryAtMs: retryAtMs > 0 ? retryAtMs : null,
    receipts: isKnown ? !server.isBasic : null,
    rejected: countRejected(connection),
  };
}

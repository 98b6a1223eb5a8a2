/**
 * Sharing as the worker and the command see it: follows the user's decisions, sends, previews, tells how it stands, and
 * removes what a purge removes.
 */
import { existsSync } from "node:fs";
import { type ConsentReading, isRecord, type Mode } from "../../shared/consent/consent.ts";
import type { Category } from "../../shared/schema/categories.ts";
import { categories } from "../../shared/schema/categories.ts";
import { maxCounted, waitingText } from "../../shared/text/format.ts";
import type { Clock } from "../clock.ts";
import type { Destination } from "../config/destination.ts";
import type { Paths } from "../config/paths.ts";
import type { PermissionEvaluator } from "../config/permission.ts";
import { type Connection, immediately } from "../store/driver/driver.ts";
import { readAfter, type StoredEvent } from "../store/events/read.ts";
import type { Store } from "../store/store.ts";
import type { HttpClient } from "./http/http-client.ts";
import { dropBodies, type LedgerCheck, type LedgerRow, lines, listEntries, readBody, verify } from "./ledger/ledger.ts";
import { countPendingEvents, OutboxFolder, withdrawBatches } from "./state/batches.ts";
import { readServer } from "./state/known-servers.ts";
import { PseudonymFile } from "./state/pseudonyms.ts";
import {
  endUploadState,
  moveCursor,
  readUploadState,
  removeStateFile,
  startUploadState,
  writeStateFile,
} from "./state/upload-state.ts";
import { preview } from "./sync/preview.ts";
import type { SyncOptions, SyncProgress, SyncReport, UploadStep } from "./sync/report.ts";
import { Uploader } from "./sync/uploader.ts";

/** What was agreed to. */
export interface AgreedSharing {
  readonly mode: Mode;
  readonly destination: string | null;
}

export interface SharingParts {
  readonly paths: Paths;
  readonly store: Store;
  readonly permissions: PermissionEvaluator;
  readonly clock: Clock;
  readonly env: NodeJS.ProcessEnv;
  /** The proxy that the editor is set to. */
  readonly editorProxy?: () => string | undefined;
  readonly changed?: () => void;
  readonly progress?: (progress: SyncProgress) => void;
  /** For tests of crashes. */
  readonly step?: (step: UploadStep) => void;
}

/** Entries of the ledger that are read at a time; a body has a megabyte at most. */
const linesAtATime = 32;

export interface SharingStatus {
  /** Host and port; `null` where none is configured. */
  readonly destination: string | null;
  /** The address that takes batches, as a consent names it; `null` where none is configured. */
  readonly address: string | null;
  readonly schema: 1 | 2;
  /** Events that may be sent and are not yet; no more are counted than `mostCounted`. */
  readonly pending: number;
  /** Of these, frozen in the outbox. */
  readonly waiting: number;
  readonly syncing: boolean;
  readonly syncedMs: number | null;
  /** Why sending stands still until the user asks. */
  readonly paused: string | null;
  /** "127.0.0.1:8787 cannot be reached. 11 events are waiting; next try at 10:14." `null` where nothing failed. */
  readonly failure: string | null;
  /** When it is tried again, where it waits. */
  readonly retryAtMs: number | null;
  /** Whether the server gives receipts; `null` where it was never asked. */
  readonly receipts: boolean | null;
  readonly rejected: number;
  /** Remote erasures that no server has confirmed yet. */
  readonly erasures: number;
  /** Of these, those that a server has accepted and not finished. */
  readonly erasing: number;
  /** Servers that hold something that was shared. */
  readonly sharedWith: number;
}

export class Sharing {
  readonly installation: PseudonymFile;
  readonly #parts: SharingParts;
  readonly #outbox: OutboxFolder;
  readonly #uploader: Uploader;

  constructor(parts: SharingParts) {
    const { paths, env } = parts;
    this.#parts = parts;
    this.installation = new PseudonymFile(paths.installationFile);
    this.#outbox = new OutboxFolder(paths.outboxFolder);
    const open = async (destination: Destination): Promise<HttpClient> => {
      const { openHttpClient: openClient } = await import("./http/undici-client.ts");
      return openClient(destination, env, parts.editorProxy?.());
    };
    const pending = () => this.status().pending;
    this.#uploader = new Uploader({ ...parts, installation: this.installation, outbox: this.#outbox, open, pending });
  }

  /** Follows a decision that was just written down. A no stops the sending at once, and leaves nothing to send. */
  follow(before: ConsentReading, now: AgreedSharing): void {
    const { store } = this.#parts;
    const sameDestination = isRecord(before) && before.mode === "share" && before.destination === now.destination;
    if (now.mode !== "share" || !sameDestination) this.#end();
    if (now.mode !== "share") return;
    // What waits was made under the consent before: other categories may be agreed to now.
    store.withExistingDatabase((connection) => immediately(connection, () => Sharing.withdraw(connection, false)));
    this.#outbox.empty();
    this.#begin();
  }

  /**
   * Goes on under another pseudonym, which nothing links with the one before; what was not sent yet is not sent. Under which it
   * was shared before is remembered, for an erasure.
   */
  resetIdentity(): void {
    this.#end();
    this.#begin();
  }

  /** How many events wait, and the newest of them; of all events, where nothing is shared. */
  newest(max: number): { readonly events: readonly StoredEvent[]; readonly total: number; readonly sharing: boolean } {
    const { store, permissions } = this.#parts;
    const { schema, permission } = permissions.evaluate();
    const found = store.read((connection) => {
      const state = permission.mode === "share" ? readUploadState(connection) : undefined;
      const taken =
        state === undefined
          ? { condition: "1", after: 0 }
          : { condition: `e.share IS NOT NULL AND (${schemaConditions[schema]})`, after: state.cursorId };
      const from = `FROM events e JOIN dimensions d ON d.id = e.dimensions WHERE e.id > ? AND ${taken.condition}`;
      const keys = connection.prepare(`SELECT e.id ${from} ORDER BY e.id DESC LIMIT ?`).all(taken.after, max);
      const total = Number(connection.prepare(`SELECT count(*) n ${from}`).get(taken.after)?.["n"]);
      const events = [...keys].reverse().flatMap(({ id }) => readAfter(connection, Number(id) - 1, 1));
      return { events, total, sharing: state !== undefined };
    });
    return found ?? { events: [], total: 0, sharing: permission.mode === "share" };
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

  /** Asks every server that was sent something to erase it, now and until it has confirmed. */
  async eraseRemotely(): Promise<SyncReport> {
    this.installation.requestErasure();
    // A run that began before knows nothing of it, and may have sent something since.
    await this.#uploader.settled();
    this.installation.requestErasure();
    return this.sync({ userInitiated: true });
  }

  /** The exact bytes that would be sent next. Before there is a consent: as if `shared` had been agreed to. */
  preview(limit?: number, shared: readonly Category[] = categories): ReturnType<typeof preview> {
    const { store, permissions } = this.#parts;
    const policy = permissions.evaluate();
    store.selectFile(policy.database);
    return preview(store, policy, limit, shared);
  }

  status(): SharingStatus {
    const { store, permissions } = this.#parts;
    const { destination, schema, permission } = permissions.evaluate();
    const host = destination?.host ?? null;
    const known =
      permission.mode === "share"
        ? store.read((connection) =>
            pendingCounts(connection, destination?.url ?? null, schema, this.#parts.clock.nowMs()),
          )
        : undefined;
    const requested = existsSync(this.#parts.paths.installationFile) ? this.installation : undefined;
    return {
      destination: host,
      address: destination?.url ?? null,
      schema,
      pending: 0,
      waiting: 0,
      syncedMs: null,
      paused: null,
      failure: null,
      retryAtMs: null,
      receipts: null,
      rejected: 0,
      ...known,
      syncing: this.#uploader.syncing,
      erasures: requested?.pendingErasures().length ?? 0,
      erasing: requested?.accepted() ?? 0,
      sharedWith: requested?.read().identities.filter(({ destinations }) => destinations.length > 0).length ?? 0,
    };
  }

  ledger(max: number): readonly LedgerRow[] {
    return this.#parts.store.read((connection) => listEntries(connection, max)) ?? [];
  }

  /** The exact body of an entry; `undefined` where it is not kept. */
  ledgerBody(seq: number): Buffer | undefined {
    return this.#parts.store.read((connection) => readBody(connection, seq));
  }

  /** Every entry as a line of JSON, the oldest first, some read at a time. */
  *ledgerLines(): Iterable<string> {
    const { store } = this.#parts;
    for (let last = 0; ; ) {
      const some = store.read((connection) => [...lines(connection, last, linesAtATime)]) ?? [];
      for (const { body, ...line } of some) {
        const text = body === undefined ? null : body === "damaged" ? body : body.toString("utf8");
        yield JSON.stringify({ ...line, body: text });
        last = line.seq;
      }
      if (some.length === 0) return;
    }
  }

  verify(): LedgerCheck | undefined {
    return this.#parts.store.read((connection) => verify(lines(connection)));
  }

  /**
   * What an erasure takes with it, in its transaction: the bodies in the ledger and what waits. What waits and was not tried is
   * gathered again from what is left.
   */
  static withdraw(connection: Connection, all: boolean): void {
    const back = withdrawBatches(connection);
    if (all) dropBodies(connection);
    else if (back !== undefined) moveCursor(connection, back.cursorId, 0);
  }

  /** The files of what waited, after an erasure. */
  clearOutbox(): void {
    this.#outbox.empty();
    const state = this.#parts.store.read(readUploadState);
    if (state !== undefined) writeStateFile(this.#parts.paths.uploadStateFile, state);
  }

  /** Batches that a server refused go with the events they were made of. */
  expire(oldestMs: number): void {
    const { store } = this.#parts;
    const old = "FROM batches WHERE rejected IS NOT NULL AND generated_at < ?";
    const rows =
      store.read((connection) => connection.prepare(`SELECT batch_id, generated_at ${old}`).all(oldestMs)) ?? [];
    for (const row of rows) {
      this.#outbox.forget({ batchId: String(row["batch_id"]), generatedAt: Number(row["generated_at"]) });
    }
    if (rows.length > 0) store.withExistingDatabase((connection) => connection.prepare(`DELETE ${old}`).run(oldestMs));
  }

  stop(): void {
    this.#uploader.stop("The recorder ended.");
  }
}

/** What of the events schema 1 takes, as a condition on their words. */
const schemaConditions = {
  1: `d.event_type IN ('command_started', 'command_finished', 'command_failed')
    OR d.event_type = 'agent_event' AND d.tool_phase = 'start'`,
  2: "1",
} as const;

function pendingCounts(
  connection: Connection,
  address: string | null,
  schema: 1 | 2,
  nowMs: number,
): Partial<SharingStatus> {
  const state = readUploadState(connection);
  if (state === undefined) return {};
  const after = connection
    .prepare(
      `SELECT count(*) n FROM (SELECT 1 FROM events e JOIN dimensions d ON d.id = e.dimensions
         WHERE e.id > ? AND e.share IS NOT NULL AND (${schemaConditions[schema]}) LIMIT ${maxCounted})`,
    )
    .get(state.cursorId);
  const waiting = countPendingEvents(connection);
  const retryAtMs = Math.max(state.waitUntilMs, state.serverWaitMs);
  const server = address === null ? undefined : readServer(connection, address);
  const isKnown = server !== undefined && (server.plain || server.enrolled !== undefined);
  const pending = waiting + Number(after?.["n"] ?? 0);
  const { failure: reason } = state;
  return {
    pending,
    waiting,
    syncedMs: state.syncedMs,
    paused: state.paused,
    failure: reason === null || retryAtMs <= nowMs ? null : waitingText({ reason, pending, retryAtMs }, nowMs),
    retryAtMs: retryAtMs > 0 ? retryAtMs : null,
    receipts: isKnown ? !server.plain : null,
    rejected: Number(connection.prepare("SELECT count(*) n FROM batches WHERE rejected IS NOT NULL").get()?.["n"]),
  };
}

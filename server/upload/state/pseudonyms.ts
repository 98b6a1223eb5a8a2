/**
 * The file `state/usage/installation.json`, which survives a purge and a lost database: the
 * installation's ID, its pseudonyms with their secrets, the erasures that no server has confirmed
 * yet, and the low watermark. Without a pseudonym's secret, its shared data cannot be erased
 * remotely.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import * as z from "zod/mini";
import { replaceFile } from "../../files/atomic-write.ts";
import { withFileLock } from "../../store/file-lock.ts";

const secret = z.string().check(z.regex(/^[0-9a-f]{64}$/));

/** The secret that replaced the identity's secret on one server. */
const rotation = z.strictObject({
  destination: z.string(),
  secret,
  since_ms: z.int(),
  /** The new secret while a rotation is unconfirmed; the server may have it already. */
  next: z.optional(secret),
});

const identity = z.strictObject({
  anon_user_id: z.uuidv4(),
  /** 32 bytes in hex. Signs requests, erasure requests included. */
  secret,
  begun_ms: z.int(),
  /** URLs of the servers that were sent anything under this pseudonym. */
  destinations: z.array(z.string()),
  /** Destinations with a requested, unconfirmed erasure. */
  erasures: z.array(z.string()),
  /** Of these, the ones that the server accepted and has not finished. */
  accepted_erasures: z.optional(z.array(z.string())),
  rotations: z.optional(z.array(rotation)),
});

const document = z.strictObject({
  version: z.literal(1),
  /** Random. Consent records contain it, because consent is valid for one `NEXUS_HOME` only. */
  installation: z.optional(z.uuidv4()),
  floor_ms: z.int(),
  identities: z.array(identity),
});

export type Rotation = z.infer<typeof rotation>;
export type UploadIdentity = z.infer<typeof identity>;
export type PseudonymDocument = z.infer<typeof document>;

const empty: PseudonymDocument = { version: 1, floor_ms: 0, identities: [] };

/** The file exists and is invalid. */
export class PseudonymFileError extends Error {
  override readonly name = "PseudonymFileError";
}

export class PseudonymFile {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** @throws PseudonymFileError, the file system's error. */
  read(): PseudonymDocument {
    return this.#parse(this.#text());
  }

  #text(): string | undefined {
    return existsSync(this.path) ? readFileSync(this.path, "utf8") : undefined;
  }

  #parse(text: string | undefined): PseudonymDocument {
    if (text === undefined) return empty;
    const parsed = document.safeParse(tryJson(text));
    if (!parsed.success) {
      throw new PseudonymFileError(
        `${this.path} is damaged. Restore it from a backup. If you delete it, shared data can no longer be erased remotely, and you must consent again.`,
      );
    }
    return parsed.data;
  }

  /**
   * Replaces the file's content under a lock, so that processes do not lose each other's changes.
   * @throws PseudonymFileError, the file system's or SQLite's error.
   */
  change(change: (before: PseudonymDocument) => PseudonymDocument): void {
    withFileLock(this.path, () => {
      const before = this.#text();
      const after = `${JSON.stringify(change(this.#parse(before)), null, 2)}\n`;
      if (after !== before) replaceFile(this.path, after);
    });
  }

  /**
   * Creates a pseudonym with its secret, durable before anything is sent under it.
   * @throws as `change`.
   */
  create(nowMs: number): UploadIdentity {
    const created: UploadIdentity = {
      anon_user_id: randomUUID(),
      secret: randomBytes(32).toString("hex"),
      begun_ms: nowMs,
      destinations: [],
      erasures: [],
    };
    this.change((before) => ({ ...before, identities: [...before.identities, created] }));
    return created;
  }

  /** Returns the installation's ID; creates it, durable, if there is none. @throws as `change`. */
  id(): string {
    const known = this.read().installation;
    if (known !== undefined) return known;
    this.change((before) => ({ ...before, installation: before.installation ?? randomUUID() }));
    return this.id();
  }

  find(anonUserId: string): UploadIdentity | undefined {
    return this.read().identities.find(({ anon_user_id }) => anon_user_id === anonUserId);
  }

  /** Records, before the first request, that a destination receives data under a pseudonym. */
  addDestination(anonUserId: string, destination: string): void {
    this.#update(anonUserId, (known) =>
      known.destinations.includes(destination)
        ? known
        : { ...known, destinations: [...known.destinations, destination] },
    );
  }

  /**
   * Requests erasure from every server that received data. Returns the number of pending erasures.
   */
  requestErasure(): number {
    this.change((before) => ({
      ...before,
      identities: before.identities.map((known) => ({ ...known, erasures: known.destinations })),
    }));
    return this.pendingErasures().length;
  }

  /** Returns the erasures that their servers have not confirmed. */
  pendingErasures(): readonly { readonly identity: UploadIdentity; readonly destination: string }[] {
    return this.read().identities.flatMap((known) =>
      known.erasures.map((destination) => ({ identity: known, destination })),
    );
  }

  /** Records that the server accepted the erasure and has not finished it. */
  erasureAccepted(anonUserId: string, destination: string): void {
    this.#update(anonUserId, (known) => ({
      ...known,
      accepted_erasures: [...new Set([...(known.accepted_erasures ?? []), destination])],
    }));
  }

  /** Returns the number of accepted, unfinished erasures. */
  accepted(): number {
    return this.read().identities.reduce((sum, { accepted_erasures: all = [] }) => sum + all.length, 0);
  }

  /**
   * Returns the signing secret for a server.
   * @throws PseudonymFileError if there is no such pseudonym.
   */
  secretFor(anonUserId: string, destination: string): Rotation {
    const known = this.find(anonUserId);
    if (known === undefined) throw new PseudonymFileError(`${this.path} does not contain the pseudonym in use.`);
    const current = known.rotations?.find((rotated) => rotated.destination === destination);
    return current ?? { destination, secret: known.secret, since_ms: known.begun_ms };
  }

  /** Creates the next secret, durable before a server receives it. */
  prepareRotation(anonUserId: string, destination: string): string {
    const next = randomBytes(32).toString("hex");
    this.#rotate(anonUserId, { ...this.secretFor(anonUserId, destination), next });
    return next;
  }

  /** Records that the server has the new secret. */
  completeRotation(anonUserId: string, destination: string, nowMs: number): void {
    const { next, secret: previous } = this.secretFor(anonUserId, destination);
    this.#rotate(anonUserId, { destination, secret: next ?? previous, since_ms: nowMs });
  }

  /** Keeps the secret in use for another period: the server does not accept a new one. */
  dropRotation(anonUserId: string, destination: string, nowMs: number): void {
    const { secret: current } = this.secretFor(anonUserId, destination);
    this.#rotate(anonUserId, { destination, secret: current, since_ms: nowMs });
  }

  #rotate(anonUserId: string, rotated: Rotation): void {
    this.#update(anonUserId, (known) => ({
      ...known,
      rotations: [...(known.rotations ?? []).filter((other) => other.destination !== rotated.destination), rotated],
    }));
  }

  /** Records that the server has erased all data of the pseudonym. */
  confirmErasure(anonUserId: string, destination: string): void {
    const without = (list: readonly string[]) => list.filter((other) => other !== destination);
    this.#update(anonUserId, (known) => ({
      ...known,
      destinations: without(known.destinations),
      erasures: without(known.erasures),
      accepted_erasures: without(known.accepted_erasures ?? []),
      rotations: (known.rotations ?? []).filter((other) => other.destination !== destination),
    }));
  }

  /** Deletes pseudonyms without data on any server, except the current one. */
  forgetUnused(current: string | undefined): void {
    this.change((before) => ({
      ...before,
      identities: before.identities.filter(
        ({ anon_user_id, destinations }) => anon_user_id === current || destinations.length > 0,
      ),
    }));
  }

  /** Raises the low watermark: no earlier event is accepted any more. */
  raiseWatermark(watermarkMs: number): void {
    this.change((before) => ({ ...before, floor_ms: Math.max(before.floor_ms, watermarkMs) }));
  }

  /** Lowers the low watermark, which a wrong clock had set too high. */
  lowerWatermark(watermarkMs: number): void {
    this.change((before) => ({ ...before, floor_ms: Math.min(before.floor_ms, watermarkMs) }));
  }

  #update(anonUserId: string, change: (known: UploadIdentity) => UploadIdentity): void {
    this.change((before) => ({
      ...before,
      identities: before.identities.map((known) => (known.anon_user_id === anonUserId ? change(known) : known)),
    }));
  }
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

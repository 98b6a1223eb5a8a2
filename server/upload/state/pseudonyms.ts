/**
 * What outlives a purge and a lost database (`state/usage/installation.json`): which installation this is; under which pseudonymous ids it
 * has shared, each with the secret that signs its requests and proves an erasure request; which erasures a server has not
 * confirmed yet; and the moment before which nothing is taken in again.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import * as z from "zod/mini";
import { replaceFile } from "../../files/atomic-write.ts";
import { withFileLock } from "../../store/file-lock.ts";

const secret = z.string().check(z.regex(/^[0-9a-f]{64}$/));

/** What signs on one server instead of the identity's secret. */
const rotation = z.strictObject({
  destination: z.string(),
  secret,
  since_ms: z.int(),
  /** The server may have it already: its answer did not come. */
  next: z.optional(secret),
});

const identity = z.strictObject({
  anon_user_id: z.uuidv4(),
  /** 32 bytes in hex. */
  secret,
  begun_ms: z.int(),
  /** The addresses of the servers that were sent something under it. */
  destinations: z.array(z.string()),
  /** Destinations whose erasure was asked for and not confirmed. */
  erasures: z.array(z.string()),
  /** Of these, those that the server has accepted; its receipt follows. */
  accepted_erasures: z.optional(z.array(z.string())),
  rotations: z.optional(z.array(rotation)),
});

const document = z.strictObject({
  version: z.literal(1),
  /** Random. Consent records name it: they count only for the `NEXUS_HOME` they were given for. */
  installation: z.optional(z.uuidv4()),
  floor_ms: z.int(),
  identities: z.array(identity),
});

export type Rotation = z.infer<typeof rotation>;
export type UploadIdentity = z.infer<typeof identity>;
export type PseudonymDocument = z.infer<typeof document>;

const empty: PseudonymDocument = { version: 1, floor_ms: 0, identities: [] };

/** The file is there and cannot be understood. */
export class PseudonymFileError extends Error {
  override readonly name = "InstallationError";
}

export class PseudonymFile {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** @throws InstallationError, the file system's error. */
  read(): PseudonymDocument {
    return this.#parsed(this.#text());
  }

  #text(): string | undefined {
    return existsSync(this.path) ? readFileSync(this.path, "utf8") : undefined;
  }

  #parsed(text: string | undefined): PseudonymDocument {
    if (text === undefined) return empty;
    const parsed = document.safeParse(tryJson(text));
    if (!parsed.success) {
      throw new PseudonymFileError(
        `${this.path} is damaged. It holds the keys with which what you shared can be erased; restore it, or remove it to begin anew.`,
      );
    }
    return parsed.data;
  }

  /**
   * Replaces the file with what `change` makes of it, under a lock: processes never lose each other's changes.
   * @throws InstallationError, the file system's or SQLite's error.
   */
  change(change: (before: PseudonymDocument) => PseudonymDocument): void {
    withFileLock(this.path, () => {
      const before = this.#text();
      const after = `${JSON.stringify(change(this.#parsed(before)), null, 2)}\n`;
      if (after !== before) replaceFile(this.path, after);
    });
  }

  /** A new pseudonymous id with its secret; durable before it is used. */
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

  /** The value that consent records of this `NEXUS_HOME` name; made, and durable, where there is none. @throws as `change`. */
  id(): string {
    const known = this.read().installation;
    if (known !== undefined) return known;
    this.change((before) => ({ ...before, installation: before.installation ?? randomUUID() }));
    return this.id();
  }

  find(anonUserId: string): UploadIdentity | undefined {
    return this.read().identities.find(({ anon_user_id }) => anon_user_id === anonUserId);
  }

  /** Notes that a destination is about to be sent something under an id. */
  addDestination(anonUserId: string, destination: string): void {
    this.#update(anonUserId, (known) =>
      known.destinations.includes(destination)
        ? known
        : { ...known, destinations: [...known.destinations, destination] },
    );
  }

  /** What was ever shared, everywhere, is to be erased. Returns how many erasures that makes. */
  requestErasure(): number {
    this.change((before) => ({
      ...before,
      identities: before.identities.map((known) => ({ ...known, erasures: known.destinations })),
    }));
    return this.pendingErasures().length;
  }

  /** The erasures that no server has confirmed. */
  pendingErasures(): readonly { readonly identity: UploadIdentity; readonly destination: string }[] {
    return this.read().identities.flatMap((known) =>
      known.erasures.map((destination) => ({ identity: known, destination })),
    );
  }

  /** The server will erase it; what is shown and asked changes. */
  erasureAccepted(anonUserId: string, destination: string): void {
    this.#update(anonUserId, (known) => ({
      ...known,
      accepted_erasures: [...new Set([...(known.accepted_erasures ?? []), destination])],
    }));
  }

  /** Erasures that servers have accepted and not confirmed yet. */
  accepted(): number {
    return this.read().identities.reduce((sum, { accepted_erasures: all = [] }) => sum + all.length, 0);
  }

  /** What signs on a server. */
  secretFor(anonUserId: string, destination: string): Rotation {
    const known = this.find(anonUserId);
    if (known === undefined) throw new PseudonymFileError(`${this.path} has lost a pseudonym.`);
    const rotated = known.rotations?.find((one) => one.destination === destination);
    return rotated ?? { destination, secret: known.secret, since_ms: known.begun_ms };
  }

  /** A new secret, on the disk before a server hears of it. */
  prepareRotation(anonUserId: string, destination: string): string {
    const next = randomBytes(32).toString("hex");
    this.#rotate(anonUserId, { ...this.secretFor(anonUserId, destination), next });
    return next;
  }

  /** The server has the new secret. */
  completeRotation(anonUserId: string, destination: string, nowMs: number): void {
    const { next, secret: before } = this.secretFor(anonUserId, destination);
    this.#rotate(anonUserId, { destination, secret: next ?? before, since_ms: nowMs });
  }

  /** The server does not take a new secret: the one in use stays. */
  dropRotation(anonUserId: string, destination: string, nowMs: number): void {
    const { secret: current } = this.secretFor(anonUserId, destination);
    this.#rotate(anonUserId, { destination, secret: current, since_ms: nowMs });
  }

  #rotate(anonUserId: string, rotated: Rotation): void {
    this.#update(anonUserId, (known) => ({
      ...known,
      rotations: [...(known.rotations ?? []).filter((one) => one.destination !== rotated.destination), rotated],
    }));
  }

  /** The server has confirmed it: nothing is left there under this id. */
  confirmErasure(anonUserId: string, destination: string): void {
    const without = (list: readonly string[]) => list.filter((one) => one !== destination);
    this.#update(anonUserId, (known) => ({
      ...known,
      destinations: without(known.destinations),
      erasures: without(known.erasures),
      accepted_erasures: without(known.accepted_erasures ?? []),
      rotations: (known.rotations ?? []).filter((one) => one.destination !== destination),
    }));
  }

  /** Ids under which nothing lies anywhere need no memory, the one in use apart. */
  forgetUnused(current: string | undefined): void {
    this.change((before) => ({
      ...before,
      identities: before.identities.filter(
        ({ anon_user_id, destinations }) => anon_user_id === current || destinations.length > 0,
      ),
    }));
  }

  /** Nothing from before this moment is accepted again. */
  raiseWatermark(watermarkMs: number): void {
    this.change((before) => ({ ...before, floor_ms: Math.max(before.floor_ms, watermarkMs) }));
  }

  /** A clock before the watermark was found to be right. */
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

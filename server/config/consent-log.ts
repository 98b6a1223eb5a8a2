/**
 * The user's own decisions, one JSON object a line, only ever appended to (`consent.jsonl`).
 *
 * An entry counts once it is on the disk: written, synced, and its folder synced. Nothing else in the product writes
 * this file, and no purge touches it.
 */

import { createHash, randomUUID } from "node:crypto";
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { type ConsentReading, isRecord, lastLine, type Mode, readConsent } from "../../shared/consent/consent.ts";
import { noticeText, noticeVersion } from "../../shared/consent/notice.ts";
import type { consentChannels } from "../../shared/protocol/worker.ts";
import type { Category } from "../../shared/schema/categories.ts";
import type { Clock } from "../clock.ts";
import { fsyncFolder } from "../files/fsync.ts";
import { appendFlags, makeFolder, pathFault, UnsafePathError } from "../files/ownership.ts";
import { productVersion } from "../version.ts";
import { WatchedFile } from "./config.ts";

export interface ConsentDecision {
  readonly mode: Mode;
  readonly collect: readonly Category[];
  readonly share: readonly Category[];
  /** The address that was shown to the user; `null` where nothing is shared. */
  readonly destination: string | null;
  /** Whether it may be sent without being asked each time. */
  readonly automatic: boolean;
  /** The text that was on the screen. */
  readonly notice: { readonly version: string; readonly sha256: string };
  /** Where it was given. */
  readonly via: (typeof consentChannels)[number];
}

/** SHA-256 of the text that this version shows, in hex. */
export const noticeHash: string = createHash("sha256").update(noticeText(), "utf8").digest("hex");

/** The decision names another text than the one this version stands for. */
export class StaleNoticeError extends Error {
  override readonly name = "StaleNoticeError";
}

export class ConsentLog {
  readonly path: string;
  readonly #clock: Clock;
  readonly #file: WatchedFile;
  readonly #installation: () => string | null;

  /** `installation`: the value that the records of this `NEXUS_HOME` name; `null` where it has none yet. */
  constructor(path: string, clock: Clock, installation: () => string | null) {
    this.path = path;
    this.#clock = clock;
    this.#file = new WatchedFile(path);
    this.#installation = installation;
  }

  /** Every entry as it was written, oldest first; for the user. */
  entries(): readonly string[] {
    return (this.#file.read() ?? "").split("\n").filter((line) => line.trim() !== "");
  }

  /** Characters of the whole file. */
  get size(): number {
    return (this.#file.read() ?? "").length;
  }

  /** The line that counts; `undefined` where there is none. */
  lastEntry(): string | undefined {
    return lastLine(this.#file.read() ?? "");
  }

  /**
   * The first of the entries that say yes, without a no between, in milliseconds since 1970; infinity after a no. A yes for another
   * installation is none for this one.
   */
  recordingSinceMs(): number {
    const installation = this.#installation();
    let sinceMs = Number.POSITIVE_INFINITY;
    for (const line of this.entries()) {
      const entry = readConsent(line, installation, true);
      if (isRecord(entry) && entry.mode !== "off") sinceMs = Math.min(sinceMs, entry.tsMs);
      else sinceMs = Number.POSITIVE_INFINITY;
    }
    return sinceMs;
  }

  /** Why the file cannot be relied on, as a sentence: another user owns or can write it, or its folder. */
  fault(): string | undefined {
    // A link could lead to another folder's record, whose configuration is not this one's.
    return pathFault(this.path) ?? pathFault(dirname(this.path), "allowed");
  }

  /** @throws the file system's error, where the file exists and cannot be read. */
  read(): ConsentReading {
    const text = this.#file.read() ?? "";
    const reading = readConsent(text, this.#installation());
    // Another user's no is believed.
    return isRecord(reading) && reading.mode !== "off" && this.fault() !== undefined ? "other_user" : reading;
  }

  /**
   * Binds a record of a version that named no installation: the same decision once more, with the value. Returns whether there was
   * one. @throws the file system's error.
   */
  bind(installation: string): boolean {
    const line = this.lastEntry();
    if (line === undefined || this.read() !== "unbound" || this.fault() !== undefined) return false;
    const { record_id: bound, ...decision } = JSON.parse(line);
    this.#write({ ...decision, record_id: randomUUID(), installation, binds: bound });
    return true;
  }

  /**
   * Appends a decision and returns its time, in milliseconds since 1970, once it is durable. `installation` gives that of the
   * `NEXUS_HOME` it is for, and makes it; a no needs none.
   * @throws UnsafePathError where another user owns or can write the file, StaleNoticeError where another text was shown; the file system's error where it cannot be written.
   */
  append(decision: ConsentDecision, installation: () => string | null): number {
    const { version, sha256 } = decision.notice;
    if (decision.mode !== "off" && (version !== noticeVersion || sha256 !== noticeHash)) {
      throw new StaleNoticeError("The text has changed since it was shown. Please read it again.");
    }
    const before = this.read();
    const tsMs = this.#clock.nowMs();
    const entry = {
      schema_version: 1,
      record_id: randomUUID(),
      ts: new Date(tsMs).toISOString(),
      state: decision.mode !== "off" ? "given" : isRecord(before) ? "withdrawn" : "refused",
      installation: installation(),
      mode: decision.mode,
      collect: decision.mode === "off" ? [] : decision.collect,
      share: decision.mode === "share" ? decision.share : [],
      destination: decision.mode === "share" ? decision.destination : null,
      automatic: decision.mode === "share" && decision.automatic,
      legal_basis: "consent (GDPR, Article 6(1)(a))",
      // For a no any text will do, and only our own is written down.
      notice: { version: noticeVersion, sha256: noticeHash, language: "en" },
      via: decision.via,
      product: `nexus-telemetry ${productVersion}`,
    };
    this.#write(entry);
    return tsMs;
  }

  #write(entry: object): void {
    makeFolder(dirname(this.path));
    const fault = this.fault();
    if (fault !== undefined) throw new UnsafePathError(fault);
    const text = this.#file.read() ?? "";
    const file = openSync(this.path, appendFlags, 0o600);
    try {
      // A line that a crash or a hand left unfinished must not swallow this one.
      const newline = text === "" || text.endsWith("\n") ? "" : "\n";
      writeSync(file, `${newline}${JSON.stringify(entry)}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    fsyncFolder(dirname(this.path));
  }
}

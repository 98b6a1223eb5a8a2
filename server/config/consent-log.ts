/**
 * The user's consent decisions (`consent.jsonl`): append-only, one JSON object per line. An entry
 * is valid once file and folder are synced. No purge deletes the file, and only this module writes.
 */

import { createHash, randomUUID } from "node:crypto";
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { type ConsentReading, isRecord, lastLine, type Mode, readConsent } from "../../shared/consent/consent.ts";
import { noticeText } from "../../shared/consent/notice.ts";
import { noticeLanguage, noticeVersion } from "../../shared/consent/notice-version.ts";
import type { consentChannels } from "../../shared/protocol/worker.ts";
import type { Category } from "../../shared/schema/categories.ts";
import type { UploadSchema } from "../../shared/schema/upload-schema.ts";
import type { Clock } from "../clock.ts";
import { fsyncFolder } from "../files/fsync.ts";
import { appendFlags, makeFolder, pathFault, UnsafePathError } from "../files/ownership.ts";
import { WatchedFile } from "../files/watched-file.ts";
import { productVersion } from "../version.ts";

/** The text that was shown to the user: its version, its SHA-256 in hex, and its language (BCP 47). */
export interface DisplayedNotice {
  readonly version: string;
  readonly sha256: string;
  readonly language: string;
}

export interface ConsentDecision {
  readonly mode: Mode;
  readonly collect: readonly Category[];
  readonly share: readonly Category[];
  /** The URL that was shown to the user; `null` without sharing. */
  readonly destination: string | null;
  /** Whether data may be sent without a prompt each time. */
  readonly automatic: boolean;
  /** The largest upload schema that the user agreed to. */
  readonly schema: UploadSchema;
  /** Whether event log lines from before the consent are imported. */
  readonly earlierEvents: boolean;
  /** The notice that was shown to the user. */
  readonly notice: DisplayedNotice;
  readonly via: (typeof consentChannels)[number];
}

/** SHA-256 of this version's notice, in hex. */
export const noticeHash: string = createHash("sha256").update(noticeText(), "utf8").digest("hex");

/** This version's notice, as a command shows it. */
export const displayedNotice: DisplayedNotice = {
  version: noticeVersion,
  sha256: noticeHash,
  language: noticeLanguage,
};

/** The decision refers to another version of the notice. */
export class StaleNoticeError extends Error {
  override readonly name = "StaleNoticeError";
}

export class ConsentLog {
  readonly path: string;
  readonly #clock: Clock;
  readonly #file: WatchedFile;
  readonly #installation: () => string | null;

  /** `installation` returns the ID that records must name; `null` if there is none yet. */
  constructor(path: string, clock: Clock, installation: () => string | null) {
    this.path = path;
    this.#clock = clock;
    this.#file = new WatchedFile(path);
    this.#installation = installation;
  }

  /** Returns every line unchanged, oldest first. */
  entries(): readonly string[] {
    return (this.#file.read() ?? "").split("\n").filter((line) => line.trim() !== "");
  }

  /** Length of the file in characters. */
  get size(): number {
    return (this.#file.read() ?? "").length;
  }

  /** Returns the line in force; `undefined` if the file is missing or empty. */
  lastEntry(): string | undefined {
    return lastLine(this.#file.read() ?? "");
  }

  /**
   * Returns the time of the first consent since the last refusal, in milliseconds since 1970;
   * infinity without consent, and negative infinity if earlier events are imported. Consent for
   * another installation counts as a refusal.
   */
  recordingSinceMs(): number {
    const current = this.read();
    if (isRecord(current) && current.mode !== "off" && current.earlierEvents === true) return Number.NEGATIVE_INFINITY;

    const installation = this.#installation();
    let sinceMs = Number.POSITIVE_INFINITY;
    for (const line of this.entries()) {
      const entry = readConsent(line, installation, true);
      if (isRecord(entry) && entry.mode !== "off") sinceMs = Math.min(sinceMs, entry.tsMs);
      else sinceMs = Number.POSITIVE_INFINITY;
    }
    return sinceMs;
  }

  /** Returns a sentence if another user owns or can write the file or its folder. */
  fault(): string | undefined {
    // A linked file could belong to another configuration folder.
    return pathFault(this.path) ?? pathFault(dirname(this.path), "allowed");
  }

  /** @throws the file system's error if the file exists and is unreadable. */
  read(): ConsentReading {
    const text = this.#file.read() ?? "";
    const reading = readConsent(text, this.#installation());
    // A refusal is accepted even from an untrusted file.
    return isRecord(reading) && reading.mode !== "off" && this.fault() !== undefined ? "other_user" : reading;
  }

  /**
   * Appends a copy of a record from a version without installation IDs, with the ID. Returns
   * whether there was such a record. @throws the file system's error.
   */
  bind(installation: string): boolean {
    const line = this.lastEntry();
    if (line === undefined || this.read() !== "unbound" || this.fault() !== undefined) return false;
    const { record_id: unboundId, ...decision } = JSON.parse(line);
    this.#write({ ...decision, record_id: randomUUID(), installation, binds: unboundId });
    return true;
  }

  /**
   * Appends a decision durably and returns its time, in milliseconds since 1970. `installation`
   * returns the ID of this `NEXUS_HOME`, creating it if needed; a refusal needs none.
   * @throws UnsafePathError, StaleNoticeError if another notice was shown, the file system's error.
   */
  append(decision: ConsentDecision, installation: () => string | null): number {
    const { version, sha256, language } = decision.notice;
    const isCurrent = version === noticeVersion && sha256 === noticeHash && language === noticeLanguage;
    if (decision.mode !== "off" && !isCurrent) {
      throw new StaleNoticeError("The consent notice has changed. Read it again and repeat your choice.");
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
      schema: decision.mode === "share" ? decision.schema : null,
      earlier_events: decision.mode !== "off" && decision.earlierEvents,
      legal_basis: "consent (GDPR, Article 6(1)(a))",
      // A refusal may refer to any notice, so always record this version's.
      notice: displayedNotice,
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
      // An unterminated last line, after a crash or a manual edit, must not merge with this one.
      const newline = text === "" || text.endsWith("\n") ? "" : "\n";
      writeSync(file, `${newline}${JSON.stringify(entry)}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    fsyncFolder(dirname(this.path));
  }
}

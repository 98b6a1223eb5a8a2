/**
 * The user's own decisions, one JSON object a line, only ever appended to (`consent.jsonl`).
 *
 * An entry counts once it is on the disk: written, synced, and its folder synced. Nothing else in the product writes
 * this file, and no purge touches it.
 */

import { createHash, randomUUID } from "node:crypto";
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { Category } from "../shared/categories.ts";
import { type ConsentReading, type Mode, readConsent } from "../shared/consent.ts";
import { noticeText, noticeVersion } from "../shared/consent-text.ts";
import type { consentWays } from "../shared/protocol.ts";
import type { Clock } from "./clock.ts";
import { WatchedFile } from "./config.ts";
import { giveToOwner, makeFolder } from "./owner.ts";
import { syncFolder } from "./sync-folder.ts";
import { productVersion } from "./version.ts";

export interface Decision {
  readonly mode: Mode;
  readonly collect: readonly Category[];
  readonly share: readonly Category[];
  /** The host that was named to the user; `null` where nothing is shared. */
  readonly destination: string | null;
  /** Whether it may be sent without being asked each time. */
  readonly automatic: boolean;
  /** The text that was on the screen. */
  readonly notice: { readonly version: string; readonly sha256: string };
  /** Where it was given. */
  readonly via: (typeof consentWays)[number];
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
  #text = "";
  #reading: ConsentReading = null;

  constructor(path: string, clock: Clock) {
    this.path = path;
    this.#clock = clock;
    this.#file = new WatchedFile(path);
  }

  /** Every entry as it was written, oldest first; for the user. */
  entries(): readonly string[] {
    return (this.#file.read() ?? "").split("\n").filter((line) => line.trim() !== "");
  }

  /** The first of the entries that say yes, without a no between, in milliseconds since 1970; infinity after a no. */
  recordingSinceMs(): number {
    let sinceMs = Number.POSITIVE_INFINITY;
    for (const line of this.entries()) {
      const entry = readConsent(line);
      if (entry === null || entry === "damaged" || entry.mode === "off") sinceMs = Number.POSITIVE_INFINITY;
      else sinceMs = Math.min(sinceMs, entry.tsMs);
    }
    return sinceMs;
  }

  /** @throws the file system's error, where the file exists and cannot be read. */
  read(): ConsentReading {
    const text = this.#file.read() ?? "";
    if (text !== this.#text) {
      this.#text = text;
      this.#reading = readConsent(text);
    }
    return this.#reading;
  }

  /**
   * Appends a decision and returns its time, in milliseconds since 1970, once it is durable.
   * @throws StaleNoticeError where another text was shown; the file system's error where it cannot be written.
   */
  append(decision: Decision): number {
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
      state: decision.mode !== "off" ? "given" : before !== null && before !== "damaged" ? "withdrawn" : "refused",
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
    makeFolder(dirname(this.path));
    const file = openSync(this.path, "a", 0o600);
    try {
      giveToOwner(file, this.path);
      // A line that a crash or a hand left unfinished must not swallow this one.
      const newline = this.#text === "" || this.#text.endsWith("\n") ? "" : "\n";
      writeSync(file, `${newline}${JSON.stringify(entry)}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    syncFolder(dirname(this.path));
    return tsMs;
  }
}

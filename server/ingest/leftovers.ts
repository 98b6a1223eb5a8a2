/**
 * Leftovers: lines of event logs that were not imported, stored for as long as events are. Contains
 * events dated before the consent or in the future, after the firewall, and the positions of
 * damaged lines, never their text. Future events are imported once they are due; `nexus usage
 * import` retries all of them.
 */

import { closeSync, fsyncSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { dayMs } from "../../shared/schema/durations.ts";
import { errorCode } from "../../shared/text/error-code.ts";
import { replaceFile } from "../files/atomic-write.ts";
import { appendFlags, makeFolder } from "../files/ownership.ts";
import type { CleanEvent } from "../privacy/clean-event.ts";
import { isAlive } from "../store/pid.ts";
import { type Line, type LinePosition, lineOf } from "./log-reader.ts";

export const leftoverReasons = ["before_consent", "ahead_of_clock", "damaged"] as const;
export type LeftoverReason = (typeof leftoverReasons)[number];

export interface Leftover {
  readonly reason: LeftoverReason;
  readonly place: LinePosition;
  /** The event as a line of an event log; `null` for a damaged line. */
  readonly text: string | null;
  /** When the event happened, in milliseconds since 1970. */
  readonly tsMs?: number | undefined;
}

/** Returns an event as a leftover. */
export function leftoverOf(reason: LeftoverReason, place: LinePosition, event: CleanEvent): Leftover {
  const { id, type, tsMs, utcOffsetMin, sessionId, source, seq, payload } = event;
  const envelope = { id, event_type: type, ts: tsMs, utc_offset_min: utcOffsetMin, session_id: sessionId, source, seq };
  return { reason, place, tsMs, text: JSON.stringify({ ...envelope, ...payload }) };
}

/** The firewall accepts events up to this far in the future: then a line is due. Milliseconds. */
const aheadMs = dayMs;

/**
 * Day of writing, time when the first line is due (0: never), and ID of the process that retries
 * the file.
 */
const namePattern = /^(\d{4}-\d{2}-\d{2})\.due-(\d+)\.jsonl(?:\.(\d+)\.retry)?$/;

interface LeftoverFile {
  readonly path: string;
  readonly day: string;
  readonly dueMs: number;
  /** ID of the process that retries the file. */
  readonly pid: number | undefined;
}

export class Leftovers {
  readonly folder: string;

  constructor(eventLogFolder: string) {
    this.folder = join(eventLogFolder, "not-imported");
  }

  /**
   * Appends and syncs leftovers: their log is about to be removed.
   * @throws the file system's error.
   */
  keep(leftovers: readonly Leftover[], nowMs: number): void {
    this.#keep(leftovers, dayOf(nowMs));
  }

  #keep(leftovers: readonly Leftover[], day: string): void {
    const ahead = leftovers.filter(({ reason }) => reason === "ahead_of_clock");
    const others = leftovers.filter(({ reason }) => reason !== "ahead_of_clock");
    const dueMs = Math.min(...ahead.map(({ tsMs = 0 }) => tsMs - aheadMs));
    if (ahead.length > 0) this.#append(ahead, `${day}.due-${Math.max(1, dueMs)}.jsonl`);
    if (others.length > 0) this.#append(others, `${day}.due-0.jsonl`);
  }

  #append(leftovers: readonly Leftover[], name: string): void {
    makeFolder(this.folder);
    const path = join(this.folder, name);
    const file = openSync(path, appendFlags, 0o600);
    try {
      // The leading newline ends a line that a crash truncated.
      writeFileSync(file, `\n${leftovers.map(textOf).join("\n")}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }

  /**
   * Counts the lines by reason. Duplicates after a crash count once.
   * @throws the file system's error.
   */
  count(): Readonly<Record<LeftoverReason, number>> {
    const seen = new Map<string, LeftoverReason>();
    for (const { path } of this.#files())
      for (const leftover of leftoversIn(path)) seen.set(keyOf(leftover), leftover.reason);
    const counts = { before_consent: 0, ahead_of_clock: 0, damaged: 0 };
    for (const reason of seen.values()) counts[reason] += 1;
    return counts;
  }

  /** Returns whether lines that were dated in the future can be imported now. */
  isDue(nowMs: number): boolean {
    return this.#files().some(({ dueMs }) => dueMs > 0 && dueMs <= nowMs);
  }

  /**
   * Passes all or only the due lines to `take`. Lines that `take` returns through `keepOn` keep
   * their original day, so that they expire as before. Two processes never retry the same lines;
   * after a crash they are retried again. @throws the file system's error, and that of `take`.
   */
  async retry(
    requested: "all" | "due",
    nowMs: number,
    take: (lines: readonly Line[], keepOn: (leftovers: readonly Leftover[]) => void) => Promise<void>,
  ): Promise<void> {
    for (const file of this.#files()) {
      if (requested === "due" && (file.dueMs === 0 || file.dueMs > nowMs)) continue;
      const claimed = claim(file);
      if (claimed === undefined) continue;
      const known = [...distinct(leftoversIn(claimed)).values()];
      const damaged = known.filter(({ text }) => text === null);
      const lines = known.flatMap(({ text, place }) => (text === null ? [] : [lineOf(Buffer.from(text), place)]));
      await take(lines, (leftovers) => this.#keep([...leftovers, ...damaged], file.day));
      rmSync(claimed, { force: true });
    }
  }

  /** Removes leftovers that were written and happened before a moment. */
  expire(oldestMs: number): void {
    for (const { path, day } of this.#files()) {
      if (day >= dayOf(oldestMs)) continue;
      // The file's date may come from a wrong clock, so check the lines.
      const younger = leftoversIn(path).filter(({ tsMs }) => tsMs !== undefined && tsMs >= oldestMs);
      if (younger.length === 0) rmSync(path, { force: true });
      else replaceFile(path, `${younger.map(textOf).join("\n")}\n`);
    }
  }

  /** Removes the leftovers of some events. `matches` gets an event as a line of an event log. */
  remove(matches: (event: Readonly<Record<string, unknown>>) => boolean): void {
    for (const { path } of this.#files()) {
      const all = leftoversIn(path);
      const others = all.filter(({ text }) => text === null || !matches(JSON.parse(text)));
      if (others.length === all.length) continue;
      if (others.length === 0) rmSync(path, { force: true });
      else replaceFile(path, `${others.map(textOf).join("\n")}\n`);
    }
  }

  /** Removes all leftovers, for a purge. */
  empty(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #files(): readonly LeftoverFile[] {
    return namesIn(this.folder)
      .sort()
      .flatMap((name) => {
        const [, day, due, pid] = namePattern.exec(name) ?? [];
        if (day === undefined) return [];
        const path = join(this.folder, name);
        return [{ path, day, dueMs: Number(due), pid: pid === undefined ? undefined : Number(pid) }];
      });
  }
}

/** Returns no names if the folder is missing or unreadable (`doctor` reports the latter). */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/**
 * Claims a file for this process by renaming it; returns `undefined` if another running process has
 * it.
 */
function claim({ path, pid }: LeftoverFile): string | undefined {
  if (pid !== undefined && pid !== process.pid && isAlive(pid)) return undefined;
  const name = basename(path).replace(/\.\d+\.retry$/, "");
  const claimed = join(path, "..", `${name}.${process.pid}.retry`);
  try {
    renameSync(path, claimed);
    return claimed;
  } catch (error) {
    // Another process claimed it first.
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/**
 * Stores only the position of a damaged line: a digest of its text or of the log's first line could
 * be guessed.
 */
const textOf = ({ reason, place: { log, offset }, text }: Leftover): string =>
  JSON.stringify(text === null ? { reason, log, offset, event: null } : { reason, event: JSON.parse(text) });

/** Returns the key for removing duplicates, which a crash can leave. */
const keyOf = ({ place: { log, offset }, text }: Leftover): string => text ?? `${log} ${offset}`;

const distinct = (leftovers: readonly Leftover[]): ReadonlyMap<string, Leftover> =>
  new Map(leftovers.map((leftover) => [keyOf(leftover), leftover]));

function leftoversIn(path: string): readonly Leftover[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .flatMap((text) => {
      try {
        const { reason, log = "", offset = 0, event } = JSON.parse(text);
        if (!leftoverReasons.includes(reason)) return [];
        const place = { log, first: "", offset };
        return [{ reason, place, text: event === null ? null : JSON.stringify(event), tsMs: event?.ts }];
      } catch {
        // Blank, or truncated by a crash: its log was not removed yet and is imported again.
        return [];
      }
    });
}

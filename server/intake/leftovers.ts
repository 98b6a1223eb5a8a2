/**
 * Lines of event logs that were not imported, kept when their log is removed: those from before the consent, those ahead of the
 * clock, and those that are damaged. A file a day, as long as events are kept; `nexus usage import` tries them again.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { basename, join } from "node:path";
import { type Line, lineOf } from "./log-reader.ts";

export const leftoverReasons = ["before_consent", "ahead_of_clock", "damaged"] as const;
export type LeftoverReason = (typeof leftoverReasons)[number];

export interface Leftover {
  readonly reason: LeftoverReason;
  readonly line: Line;
}

const dayFile = /^\d{4}-\d{2}-\d{2}\.jsonl$/;
const retryMark = ".retry";

export class Leftovers {
  readonly folder: string;

  constructor(eventLogFolder: string) {
    this.folder = join(eventLogFolder, "not-imported");
  }

  /** Appends, durably: the log that holds them is about to be removed. @throws the file system's error. */
  keep(leftovers: readonly Leftover[], nowMs: number): void {
    if (leftovers.length === 0) return;
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    const text = leftovers.map(({ reason, line: { place, bytes } }) =>
      JSON.stringify({ reason, ...place, line: bytes.toString("base64") }),
    );
    const file = openSync(join(this.folder, `${dayOf(nowMs)}.jsonl`), "a", 0o600);
    try {
      writeSync(file, `${text.join("\n")}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }

  /** How many lines are kept, by reason. @throws the file system's error. */
  count(): Readonly<Record<LeftoverReason, number>> {
    const counts = { before_consent: 0, ahead_of_clock: 0, damaged: 0 };
    for (const path of this.#files()) for (const { reason } of leftoversIn(path)) counts[reason] += 1;
    return counts;
  }

  /**
   * Hands every kept line to `take`, which keeps what is still not to be imported. After a crash the same lines come again.
   * @throws the file system's error, and that of `take`.
   */
  async retry(take: (lines: readonly Line[]) => Promise<void>): Promise<void> {
    for (const path of this.#files().filter((name) => !name.endsWith(retryMark))) {
      renameSync(path, `${path}.${process.pid}${retryMark}`);
    }
    for (const path of this.#files().filter((name) => name.endsWith(retryMark))) {
      await take(leftoversIn(path).map(({ line }) => line));
      rmSync(path, { force: true });
    }
  }

  /** Removes what was kept before a moment. */
  expire(oldestMs: number): void {
    const oldest = dayOf(oldestMs);
    for (const path of this.#files())
      if (basename(path).slice(0, oldest.length) < oldest) rmSync(path, { force: true });
  }

  /** For a purge. */
  empty(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #files(): readonly string[] {
    if (!existsSync(this.folder)) return [];
    return readdirSync(this.folder)
      .filter((name) => dayFile.test(name) || name.endsWith(retryMark))
      .sort()
      .map((name) => join(this.folder, name));
  }
}

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

function leftoversIn(path: string): readonly Leftover[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .flatMap((text) => {
      try {
        const { reason, log, first, offset, line } = JSON.parse(text);
        if (!leftoverReasons.includes(reason)) return [];
        return [{ reason, line: lineOf(Buffer.from(line, "base64"), { log, first, offset }) }];
      } catch {
        // Cut by a crash: the log it came from was not removed yet, and is imported again.
        return [];
      }
    });
}

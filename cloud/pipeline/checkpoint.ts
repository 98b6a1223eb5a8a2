/**
 * How far the log was put into the warehouse, and which hours are still to be added up: written whole, after what it says is true. What is going
 * in next is written before: after a crash the very same range goes in again, under the same token, and counts once.
 */

import { readJsonFile, writeAtomically } from "../atomic-file.ts";
import type { Hour } from "../hours.ts";
import type { LogPosition } from "../log/durable-log.ts";

export interface Checkpoint {
  /** Of which log this is told. */
  readonly log?: string;
  /** `undefined`: where the log begins. */
  readonly place: LogPosition | undefined;
  /** Up to where an insert was begun, which may or may not be in. */
  readonly planned?: LogPosition;
  readonly touched: readonly Hour[];
  /** Events that were accepted and not put in, since their pseudonym is being erased; by its digest. */
  readonly dropped?: Readonly<Record<string, number>>;
}

const advice = "Remove it: the log is then put into the warehouse once more, and counts once.";

const isLogPosition = (value: unknown) =>
  typeof value === "object" && value !== null && Object.values(value).every(Number.isSafeInteger);

/** @throws the file system's error; Error where the file is damaged. */
export function readCheckpoint(path: string): Checkpoint {
  const progress = readJsonFile(path, advice) as Checkpoint | undefined;
  if (progress === undefined) return { place: undefined, touched: [] };
  const places = [progress?.place ?? {}, progress?.planned ?? {}];
  if (places.every(isLogPosition) && Array.isArray(progress?.touched)) return progress;
  throw new Error(`${path} is damaged. ${advice}`);
}

export const writeCheckpoint = (path: string, progress: Checkpoint): Promise<void> =>
  writeAtomically(path, JSON.stringify(progress));

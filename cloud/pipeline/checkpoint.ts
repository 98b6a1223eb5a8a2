/**
 * The checkpoint: how far the log is in the warehouse, and which hours must be recomputed. Written
 * after the work is done. The range of the next insert is written before it: after a crash the same
 * range is inserted again under the same token, so it counts once.
 */

import { readJsonFile, writeAtomically } from "../atomic-file.ts";
import type { Hour } from "../hours.ts";
import type { LogPosition } from "../log/durable-log.ts";

export interface Checkpoint {
  /** ID of the log to which the positions belong. */
  readonly log?: string;
  /** `undefined`: the beginning of the log. */
  readonly place: LogPosition | undefined;
  /** End of a started insert, which may or may not have succeeded. */
  readonly planned?: LogPosition;
  readonly touched: readonly Hour[];
  /** Digest of an erased pseudonym → number of its accepted events that were not inserted. */
  readonly dropped?: Readonly<Record<string, number>>;
}

const advice = "Delete it to re-import the log; events are deduplicated.";

const isLogPosition = (value: unknown) =>
  typeof value === "object" && value !== null && Object.values(value).every(Number.isSafeInteger);

/** @throws the file system's error; Error if the file is damaged. */
export function readCheckpoint(path: string): Checkpoint {
  const checkpoint = readJsonFile(path, advice) as Checkpoint | undefined;
  if (checkpoint === undefined) return { place: undefined, touched: [] };
  const positions = [checkpoint?.place ?? {}, checkpoint?.planned ?? {}];
  if (positions.every(isLogPosition) && Array.isArray(checkpoint?.touched)) return checkpoint;
  throw new Error(`${path} is damaged. ${advice}`);
}

export const writeCheckpoint = (path: string, checkpoint: Checkpoint): Promise<void> =>
  writeAtomically(path, JSON.stringify(checkpoint));

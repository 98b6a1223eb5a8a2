/** How far the log was put into the warehouse, and which hours are still to be added up: written whole, after what it says is true. */
import { readFileSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import type { Place } from "../log/event-log.ts";
import type { Hour } from "./rollups.ts";

export interface Progress {
  readonly place: Place;
  readonly touched: readonly Hour[];
}

export const beginning: Progress = { place: { segment: 1, offset: 0 }, touched: [] };

/** @throws the file system's error; Error where the file is damaged. */
export function readProgress(path: string): Progress {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return beginning;
    throw error;
  }
  const { place, touched } = JSON.parse(text);
  if (!Number.isInteger(place?.segment) || !Number.isInteger(place?.offset) || !Array.isArray(touched)) {
    throw new Error(
      `${path} is damaged. Remove it: the log is then put into the warehouse once more, and counts once.`,
    );
  }
  return { place, touched };
}

export async function writeProgress(path: string, progress: Progress): Promise<void> {
  const unfinished = `${path}.unfinished`;
  const file = await open(unfinished, "w", 0o600);
  try {
    await file.writeFile(JSON.stringify(progress));
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(unfinished, path);
}

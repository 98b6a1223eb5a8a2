/**
 * Keys of `globalState` with data about the use of features. A purge clears them, also one by the
 * CLI, which cannot reach `globalState`.
 */
import type { Memento } from "vscode";

export const featureUsesKey = "featureUses";
export const dismissedKey = "dismissedInsights";
/** The result of the last deletion in this editor; each one replaces it. */
export const lastErasureKey = "lastErasure";
const purgeMarkKey = "purgeMark";

/** Returns whether there was a purge since the last call: `mark` changes with each one. */
export function followPurge(memory: Pick<Memento, "get" | "update">, mark: number): boolean {
  if (memory.get(purgeMarkKey, 0) === mark) return false;
  for (const key of [featureUsesKey, dismissedKey]) void memory.update(key, undefined);
  void memory.update(purgeMarkKey, mark);
  return true;
}

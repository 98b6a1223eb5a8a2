/**
 * Keys of `globalState` with data about the use of features. A purge clears them, also one by the
 * CLI, which cannot reach `globalState`.
 */
import type { Memento } from "vscode";
import type { DashboardState } from "../../shared/protocol/dashboard.ts";

export const featureUsesKey = "featureUses";
export const dismissedKey = "dismissedInsights";
/** The result of the last deletion in this editor; each one replaces it. */
export const lastErasureKey = "lastErasure";
const purgeMarkKey = "purgeMark";

/** A dismissed insight, and why. */
export type Dismissed = DashboardState["dismissed"][number];

/** Earlier versions stored only the IDs. */
export function dismissedIn(memory: Pick<Memento, "get">): readonly Dismissed[] {
  const stored = memory.get<readonly (Dismissed | string)[]>(dismissedKey) ?? [];
  return stored.map((entry) => (typeof entry === "string" ? { id: entry, reason: "known" } : entry));
}

/** Returns whether there was a purge since the last call: `mark` changes with each one. */
export function followPurge(memory: Pick<Memento, "get" | "update">, mark: number): boolean {
  if (memory.get(purgeMarkKey, 0) === mark) return false;
  for (const key of [featureUsesKey, dismissedKey]) void memory.update(key, undefined);
  void memory.update(purgeMarkKey, mark);
  return true;
}

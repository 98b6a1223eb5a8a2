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
/** Names that the user gave to workspaces in this editor, by hash. */
export const aliasesKey = "workspaceNames";
/** The last alert that the user has seen. */
const seenAlertKey = "seenAlert";
const purgeMarkKey = "purgeMark";

/** A dismissed insight, and why. */
export type Dismissed = DashboardState["dismissed"][number];

/** What is stored: earlier versions knew no end, and first only the IDs. */
type Stored = string | (Omit<Dismissed, "untilMs"> & Partial<Pick<Dismissed, "untilMs">>);

/** Returns the insights that are dismissed now. */
export function dismissedIn(memory: Pick<Memento, "get">, nowMs: number): readonly Dismissed[] {
  const stored = memory.get<readonly Stored[]>(dismissedKey) ?? [];
  return stored
    .map((entry) =>
      typeof entry === "string" ? { id: entry, reason: "known" as const, untilMs: null } : { untilMs: null, ...entry },
    )
    .filter(({ untilMs }) => untilMs === null || untilMs > nowMs);
}

/** Returns the user's names of workspaces by hash. */
export const aliasesIn = (memory: Pick<Memento, "get">): Readonly<Record<string, string>> => memory.get(aliasesKey, {});

/** Whether the user has not seen an alert yet, nor dismissed its insight. */
export const isNewAlert = (memory: Pick<Memento, "get">, id: string, nowMs: number): boolean =>
  memory.get(seenAlertKey) !== id && !dismissedIn(memory, nowMs).some((dismissed) => dismissed.id === id);

export function rememberAlert(memory: Pick<Memento, "update">, id: string): void {
  void memory.update(seenAlertKey, id);
}

/** Forgets what is erased with the data. */
export function forgetUse(memory: Pick<Memento, "update">): void {
  for (const key of [featureUsesKey, dismissedKey, aliasesKey, seenAlertKey]) void memory.update(key, undefined);
}

/** Returns whether there was a purge since the last call: `mark` changes with each one. */
export function followPurge(memory: Pick<Memento, "get" | "update">, mark: number): boolean {
  if (memory.get(purgeMarkKey, 0) === mark) return false;
  forgetUse(memory);
  void memory.update(purgeMarkKey, mark);
  return true;
}

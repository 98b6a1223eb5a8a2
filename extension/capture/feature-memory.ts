/** What the editor keeps for the extension (`globalState`) about the user's use of it. A purge clears it, also one by the command. */
import type { Memento } from "vscode";

export const featureUsesKey = "featureUses";
export const dismissedKey = "dismissedInsights";
const purgeMarkKey = "purgeMark";

/** `mark` changes with each purge. Returns whether there was one since the last call. */
export function followPurge(memory: Pick<Memento, "get" | "update">, mark: number): boolean {
  if (memory.get(purgeMarkKey, 0) === mark) return false;
  for (const key of [featureUsesKey, dismissedKey]) void memory.update(key, undefined);
  void memory.update(purgeMarkKey, mark);
  return true;
}

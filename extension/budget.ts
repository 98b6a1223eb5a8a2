/** The setting of the monthly budget. */
import { workspace } from "vscode";

/** US dollars; `null` if none is set. */
export function monthlyBudget(): number | null {
  const value = workspace.getConfiguration("nexus.telemetry").get<unknown>("monthlyBudget");
  return typeof value === "number" && value > 0 ? value : null;
}

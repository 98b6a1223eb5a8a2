/** `nexus telemetry dashboard`: a live page in the terminal. Its library is loaded with it alone. */
import { UsageError } from "../../exit.ts";
import { isAttended, isPlain } from "../../output/terminal.ts";
import { withFreshReader } from "../../runtime.ts";
import { run as stats } from "../stats.ts";

export async function run(): Promise<void> {
  // What changes under a screen reader is worse than what stands still.
  if (isPlain()) {
    await stats({ today: true });
    return;
  }
  if (!isAttended()) throw new UsageError("The dashboard needs a terminal. nexus stats prints the numbers once.");
  const { showDashboard } = await import("../../dashboard/dashboard.ts");
  await withFreshReader(showDashboard);
}

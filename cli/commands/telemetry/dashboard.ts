/** `nexus telemetry dashboard`: opens the live terminal dashboard. Only this command loads ink. */
import { UsageError } from "../../exit.ts";
import { isAttended, isPlain } from "../../output/terminal.ts";
import { withFreshReader } from "../../runtime.ts";
import { run as stats } from "./stats.ts";

export async function run(): Promise<void> {
  // Updated lines confuse screen readers, so plain output prints the statistics once.
  if (isPlain()) {
    await stats({ today: true });
    return;
  }
  if (!isAttended()) throw new UsageError("Not a terminal. To print the statistics once: nexus stats");
  const { showDashboard } = await import("../../dashboard/dashboard.ts");
  await withFreshReader(showDashboard);
}

/** What the user deleted: an import brings it back only if asked to. */
import { isShell } from "../../../shared/vocabulary/history-names.ts";
import type { Connection } from "../driver/driver.ts";
import { dayOfHour, localHourOf } from "../rollups/local-time.ts";
import { readNumber } from "../state.ts";

/** Returns whether the user deleted what an agent or a shell did at a time (milliseconds since 1970). */
export function deletedPeriods(connection: Connection, name: string): (tsMs: number) => boolean {
  const purgedMs = readNumber(connection, "purged_until");
  const erased = connection.prepare("SELECT * FROM erased WHERE by IN ('period', 'source')").all();
  const sources = isShell(name) ? ["vscode_terminal", "shell_history"] : [name, "agent_history"];
  const own = erased.filter(({ by, value }) => by === "period" || sources.includes(String(value)));
  return (tsMs) => {
    if (tsMs < purgedMs) return true;
    if (own.length === 0) return false;
    const day = dayOfHour(localHourOf(tsMs));
    return own.some(({ from_ts: from, to_ts: to, from_day: fromDay, to_day: toDay }) => {
      if (tsMs < Number(from) || tsMs >= Number(to)) return false;
      return typeof fromDay !== "number" || (day >= fromDay && day < Number(toDay));
    });
  };
}

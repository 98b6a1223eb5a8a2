/** Which data an erasure of a part selects, in the user's terms: a source, a workspace, and days of the calendar. */
import type { EraseRequestSelection } from "../../shared/protocol/worker.ts";
import { spanOf } from "../analytics/calendar.ts";
import type { NameHasher } from "../privacy/identity.ts";
import type { Connection } from "../store/driver/driver.ts";
import type { Days, EraseSelection } from "../store/erase.ts";
import { dayOfHour, localHour } from "../store/rollups/local-time.ts";
import { knownWorkspaces, workspaceHashes } from "./workspaces.ts";

/** The selection names nothing, or more than one erasure can select. The message is for the user. */
export class EraseError extends Error {
  override readonly name = "EraseError";
}

/** Returns every source and every workspace hash in the database. */
export function erasable(connection: Connection): {
  readonly sources: readonly string[];
  readonly workspaces: ReadonlySet<string>;
} {
  const sources = connection.prepare("SELECT DISTINCT source FROM dimensions ORDER BY 1").all();
  return { sources: sources.map(({ source }) => String(source)), workspaces: knownWorkspaces(connection) };
}

/** Returns whether a line of an event log belongs to a selection. */
export function isSelected(event: Readonly<Record<string, unknown>>, selection: EraseSelection): boolean {
  if (selection.by === "all") return true;
  if (selection.by === "origin") return false;
  const { days } = selection;
  const day = dayOfHour(localHour(Number(event["ts"]), Number(event["utc_offset_min"])));
  if (days !== undefined && (day < days.fromDay || day >= days.toDay)) return false;
  if (selection.by === "source") return event["source"] === selection.source;
  return selection.by === "period" || event["workspace_hash"] === selection.hash;
}

/** @throws EraseError, SelectionError */
export function eraseSelections(
  { source, workspace, period }: EraseRequestSelection,
  { sources, workspaces }: ReturnType<typeof erasable>,
  hasher: NameHasher,
  nowMs: number,
): readonly EraseSelection[] {
  if (source === null && workspace === null && period === null)
    throw new EraseError("Select a source, a workspace or a period.");
  if (source !== null && workspace !== null)
    throw new EraseError("Select either a source or a workspace, not both. Each can be combined with a period.");
  let days: Days | undefined;
  if (period !== null) {
    const { fromHour, toHour } = spanOf(period, nowMs);
    days = { fromDay: dayOfHour(fromHour), toDay: dayOfHour(toHour - 1) + 1 };
  }
  if (source !== null) {
    if (!sources.includes(source))
      throw new EraseError(`No data of the source ${source}. Recorded sources: ${sources.join(", ") || "none"}.`);
    return [{ by: "source", source, days }];
  }
  if (workspace === null) return days === undefined ? [] : [{ by: "period", days }];
  const found = workspaceHashes(workspace, hasher).filter((hash) => workspaces.has(hash));
  if (found.length === 0)
    throw new EraseError(
      "No data of this workspace. Name it by its folder's full path, its URI, or its recorded hash.",
    );
  return found.map((hash) => ({ by: "workspace", hash, days }));
}

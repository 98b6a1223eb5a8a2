/**
 * How often an agent's edits pass the next check: edits, joined with the next test, linter or compiler in the same workspace
 * within 30 minutes, and the runs of it until it succeeds. Reads single events, so only what retention kept.
 */
import {
  type FilterName,
  type Filters,
  type FirstTry,
  type FirstTryGroup,
  matchesFilter,
} from "../../../shared/protocol/query.ts";
import { hourMs, minuteMs } from "../../../shared/schema/durations.ts";
import { agentSources } from "../../../shared/schema/sources.ts";
import { commandClass } from "../../../shared/vocabulary/command-classes.ts";
import type { Connection, Row } from "../../store/driver/driver.ts";
import { hasOutcome } from "../classify.ts";
import { wilson } from "../statistics.ts";
import { conditionOf } from "./dimensions.ts";
import type { Stretch } from "./stretch.ts";

/** A later check has nothing to do with the edits. */
const maxGapMs = 30 * minuteMs;
/** The newest events that are read. */
const maxEvents = 200_000;

/** Edits of one agent that no check has followed yet, or a check of them that has not succeeded yet. */
interface Episode {
  readonly agent: string;
  readonly source: string;
  readonly model: string;
  /** Of the last edit, or of the last run of the check. */
  lastMs: number;
  /** The check of the edits, once it ran. */
  check: string | undefined;
  tries: number;
}

interface Counts {
  /** Runs of the first check until it succeeded, one number for each episode. */
  readonly tries: number[];
  /** Episodes whose check never succeeded within the time. */
  red: number;
  unchecked: number;
}

/** Filters that edits and checks together can have. */
export const firstTryFilters: readonly FilterName[] = ["agent", "model", "source", "workspace", "origin"];

/** Returns the figures by agent and model, most checked first. Other filters than `firstTryFilters` do not apply. */
export function readFirstTry(connection: Connection, stretch: Stretch, filters: Filters): FirstTry {
  const rows = eventsOf(connection, stretch, filters);
  const groups = new Map<string, Counts>();
  const countsOf = ({ agent, model }: Episode): Counts => {
    const key = JSON.stringify([agent, model]);
    const counts = groups.get(key) ?? { tries: [], red: 0, unchecked: 0 };
    groups.set(key, counts);
    return counts;
  };
  const isWanted = ({ source }: Episode) => matchesFilter(filters.source, source);
  const close = (episode: Episode) => {
    if (!isWanted(episode)) return;
    if (episode.check === undefined) countsOf(episode).unchecked += 1;
    else countsOf(episode).red += 1;
  };
  /** The episode of each workspace. */
  const open = new Map<string, Episode>();
  /** The model that each session used last. */
  const models = new Map<unknown, string>();
  for (const row of rows) {
    const { workspace_hash: workspace, ts, type, command_path: path, status, model } = row;
    if (typeof model === "string") models.set(row["session"], model);
    if (typeof workspace !== "string" || type !== "agent_event") continue;
    const tsMs = Number(ts);
    const before = open.get(workspace);
    const isLate = before !== undefined && tsMs - before.lastMs > maxGapMs;
    if (isLate) {
      close(before);
      open.delete(workspace);
    }
    const episode = isLate ? undefined : before;
    if (row["is_edit"] === 1) {
      const source = String(row["source"]);
      const agent = String(row["agent"] ?? source);
      if (episode !== undefined && episode.agent === agent) episode.lastMs = tsMs;
      else {
        if (episode !== undefined) close(episode);
        const of = models.get(row["session"]) ?? "";
        open.set(workspace, { agent, source, model: of, lastMs: tsMs, check: undefined, tries: 0 });
      }
      continue;
    }
    const isCheck = typeof path === "string" && hasOutcome(row) && commandClass(path) === "check";
    if (episode === undefined || !isCheck || (status !== "ok" && status !== "failed")) continue;
    episode.check ??= path;
    if (episode.check !== path) continue;
    episode.tries += 1;
    episode.lastMs = tsMs;
    if (status !== "ok") continue;
    if (isWanted(episode)) countsOf(episode).tries.push(episode.tries);
    open.delete(workspace);
  }
  for (const episode of open.values()) close(episode);
  return {
    groups: [...groups]
      .map(([key, counts]) => groupOf(key, counts))
      .filter(({ agent, model }) => matchesFilter(filters.agent, agent) && matchesFilter(filters.model, model))
      .sort((a, b) => b.checked - a.checked || (a.agent < b.agent ? -1 : 1)),
    isCut: rows.length === maxEvents,
  };
}

function groupOf(key: string, { tries, red, unchecked }: Counts): FirstTryGroup {
  const [agent = "", model = ""] = JSON.parse(key) as readonly string[];
  const checked = tries.length + red;
  const first = tries.filter((count) => count === 1).length;
  const [low = 0, high = 0] = checked === 0 ? [] : wilson(first, checked);
  const sorted = [...tries].sort((a, b) => a - b);
  return {
    agent,
    model,
    checked,
    unchecked,
    firstTry: checked === 0 ? null : { rate: first / checked, low, high, sample: checked },
    red,
    medianTries: sorted[Math.floor((sorted.length - 1) / 2)] ?? null,
  };
}

const quotedAgents = agentSources.map((source) => `'${source}'`).join(", ");

/** Edits, commands and requests of a stretch in the order of their times. */
function eventsOf(
  connection: Connection,
  { fromHour, toHour }: Stretch,
  { workspace, origin }: Filters,
): readonly Row[] {
  const [where, values] = conditionOf(
    { ...(workspace === undefined ? {} : { workspace }), ...(origin === undefined ? {} : { origin }) },
    "true",
  );
  const edits = "d.tool_name IN ('edit_file', 'write_file', 'delete_file')";
  const local = `(e.ts + e.utc_offset_min * ${minuteMs})`;
  return connection
    .prepare(
      `SELECT t.session, e.ts, d.event_type type, d.source, d.agent, d.model, d.command_path, d.status, d.outcome_of,
         d.workspace_hash, ${edits} AND d.status IS 'ok' AS is_edit
       FROM events e JOIN dimensions d ON d.id = e.dimensions JOIN streams t ON t.id = e.stream
       WHERE ${local} >= ? AND ${local} < ? AND (d.event_type = 'model_request' OR ${where}) AND (d.event_type = 'model_request'
         OR d.event_type = 'agent_event' AND d.tool_phase = 'end' AND (d.command_path IS NOT NULL OR ${edits} AND d.source IN (${quotedAgents})))
       ORDER BY e.ts DESC, e.id DESC LIMIT ${maxEvents}`,
    )
    .all(fromHour * hourMs, toHour * hourMs, ...values)
    .toReversed();
}

/**
 * Imports the history that agents keep on disk. It is local only: never shared. Each step is complete in itself, so that an import
 * that stops goes on where it was, and what is imported again counts once.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { dayMs, minuteMs } from "../../shared/schema/durations.ts";
import { markRaw } from "../../shared/schema/raw.ts";
import { historySources } from "../../shared/schema/sources.ts";
import type { HistoryName } from "../../shared/vocabulary/history-names.ts";
import { NotPermittedError } from "../config/permission.ts";
import { type AgentHistory, type Progress, readAgentHistory } from "../history/agent-history.ts";
import type { ReadDatabase } from "../history/agent-reader.ts";
import { aliasesOf, eventMs, growthOf, historyEvent, liveIdsOf } from "../history/history-events.ts";
import type { ModelResponse, ToolUse } from "../history/records.ts";
import { AgentIds } from "../ingest/hooks/ids.ts";
import { Firewall } from "../privacy/firewall.ts";
import { IdentityFile, NameHasher } from "../privacy/identity.ts";
import { type Connection, immediately } from "../store/driver/driver.ts";
import { withoutPlatform } from "../store/events/write.ts";
import { deletedPeriods } from "../store/import/deleted-periods.ts";
import {
  digestSize,
  type HistoryCounts,
  type HistoryRecord,
  HistoryWriter,
  isImported,
} from "../store/import/history-writer.ts";
import { type LiveRecords, liveRecords } from "../store/import/live-records.ts";
import { historyOrigin, listOrigins } from "../store/import/origins.ts";
import { readNumber } from "../store/state.ts";
import type { TelemetryCore } from "./core.ts";
import { EraseError } from "./erasing.ts";
import { productInfo } from "./product-info.ts";

type OneRecord = ModelResponse | ToolUse;

/** What an agent's files hold, before anything is imported. */
export interface PlannedHistory {
  readonly agent: HistoryName;
  readonly history: AgentHistory;
  readonly responses: number;
  readonly tools: number;
  /** Responses whose output is a lower bound. */
  readonly inexact: number;
  /** Milliseconds since 1970; `null` without records. */
  readonly firstMs: number | null;
  readonly lastMs: number | null;
  /** Records from a time that the user deleted, and the last of them. */
  readonly deleted: number;
  readonly deletedUntilMs: number | null;
  /** Younger records wait for the next import. */
  readonly untilMs: number;
  /** Records that are younger, or of a time that cannot be. */
  readonly waiting: number;
  /** When the agent's files were imported last; `null`: never. */
  readonly importedMs: number | null;
}

export interface ImportedHistory extends HistoryCounts {
  readonly agent: HistoryName;
  /** Refused by the firewall: of a time before 2020 or in the future, or of a category without consent. */
  refused: number;
}

/** Where an agent's records go. */
interface Target {
  readonly writer: HistoryWriter;
  readonly live: LiveRecords;
  readonly isDeleted: (tsMs: number) => boolean;
}

/** What hooks and OpenTelemetry report may arrive so late, so that younger records wait for the next import. */
const arrivalMs = 2 * minuteMs;

/** Records of earlier times are refused. */
const minEventMs = Date.UTC(2020, 0, 1);

/** Records per transaction. */
const recordsPerStep = 2_000;

/** The records that are imported, in the order of their times. */
const recordsOf = ({ history: { responses, tools }, untilMs }: PlannedHistory): readonly OneRecord[] =>
  [...responses, ...tools]
    .filter((one) => eventMs(one) >= minEventMs && eventMs(one) < untilMs)
    .sort((a, b) => eventMs(a) - eventMs(b));

export class HistoryImporter {
  readonly #core: TelemetryCore;
  readonly #ids: AgentIds;
  readonly #hasher: NameHasher;
  readonly #firewall: Firewall;

  constructor(core: TelemetryCore) {
    this.#core = core;
    const identity = new IdentityFile(core.paths.identityFile);
    this.#hasher = new NameHasher(() => identity.localSalt());
    this.#ids = new AgentIds(this.#hasher);
    this.#firewall = new Firewall(this.#hasher, historySources);
  }

  /**
   * Reads the files of some agents and returns what they hold. Changes nothing.
   * @throws ConfigError, SQLite's error.
   */
  plan(
    agents: readonly HistoryName[],
    home: string,
    env: NodeJS.ProcessEnv,
    progress: (progress: Progress) => void,
    readDatabase?: ReadDatabase,
  ): readonly PlannedHistory[] {
    const untilMs = this.#core.clock.nowMs() - arrivalMs;
    return readAgentHistory(agents, home, env, progress, readDatabase).map((history) => this.#planOf(history, untilMs));
  }

  /** @throws NotPermittedError while recording is off. */
  refuseWhileOff(): void {
    if (this.#core.permissions.evaluate().permission.mode === "off")
      throw new NotPermittedError("Recording is off. Turn it on first: nexus telemetry enable");
  }

  #planOf(history: AgentHistory, untilMs: number): PlannedHistory {
    const { agent, responses, tools } = history;
    const store = this.#core.locatedStore();
    const isDeleted = store.read((connection) => deletedPeriods(connection, agent)) ?? (() => false);
    let waiting = 0;
    let [deleted, deletedUntilMs, firstMs, lastMs]: [number, number | null, number | null, number | null] = [
      0,
      null,
      null,
      null,
    ];
    for (const records of [responses, tools]) {
      for (const record of records) {
        const tsMs = eventMs(record);
        if (tsMs >= untilMs || tsMs < minEventMs) {
          waiting += 1;
          continue;
        }
        firstMs = Math.min(firstMs ?? tsMs, tsMs);
        lastMs = Math.max(lastMs ?? tsMs, tsMs);
        if (!isDeleted(tsMs) || this.#isImported(record)) continue;
        deleted += 1;
        deletedUntilMs = Math.max(deletedUntilMs ?? tsMs, tsMs);
      }
    }
    const imported = (store.read(listOrigins) ?? []).filter((origin) => origin.agent === agent);
    return {
      agent,
      history,
      responses: responses.length,
      tools: tools.length,
      inexact: responses.filter(({ isExact }) => !isExact).length,
      firstMs,
      lastMs,
      deleted,
      deletedUntilMs,
      untilMs,
      waiting,
      importedMs: imported.length === 0 ? null : Math.max(...imported.map(({ importedMs }) => importedMs)),
    };
  }

  #isImported(record: OneRecord): boolean {
    const { id } = historyEvent(record, this.#ids);
    return this.#core.locatedStore().read((connection) => isImported(connection, String(id))) === true;
  }

  /**
   * Imports what was planned. `includeDeleted`: also from a time that the user deleted. `progress`: records done, of all agents.
   * @throws NotPermittedError, ConfigError, EraseError if something is erased meanwhile, SQLite's error, or the reason of the core's
   * signal; what was written before stays.
   */
  async import(
    planned: readonly PlannedHistory[],
    includeDeleted: boolean,
    progress: (done: number, total: number) => void,
  ): Promise<readonly ImportedHistory[]> {
    this.refuseWhileOff();
    const histories = planned.map((plan) => ({ agent: plan.agent, records: recordsOf(plan) }));
    const total = histories.reduce((sum, { records }) => sum + records.length, 0);
    let done = 0;
    const results: ImportedHistory[] = [];
    const store = this.#core.locatedStore();
    const erasures = store.withDatabase((connection) => readNumber(connection, "erasures"));
    for (const { agent, records } of histories) {
      const result = { agent, added: 0, replaced: 0, known: 0, live: 0, skipped: 0, refused: 0 };
      results.push(result);
      const target = store.withDatabase((connection) => this.#targetOf(connection, agent));
      for (let at = 0; at < records.length; at += recordsPerStep) {
        const step = records.slice(at, at + recordsPerStep);
        this.#write(step, target, { includeDeleted, erasures }, result);
        done += step.length;
        progress(done, total);
        await nextTurn();
        this.#core.signal.throwIfAborted();
      }
    }
    this.#core.listener.dataChanged();
    return results;
  }

  #targetOf(connection: Connection, agent: HistoryName): Target {
    const nowMs = this.#core.clock.nowMs();
    const origin = (exactness: "exact" | "lower_bound") =>
      historyOrigin(
        connection,
        { name: this.#hasher.hashOnce("agent", `history ${agent} ${exactness}`), agent, exactness },
        nowMs,
      );
    return immediately(connection, () => ({
      writer: new HistoryWriter(
        connection,
        { exact: origin("exact"), lower_bound: origin("lower_bound") },
        withoutPlatform(productInfo),
      ),
      live: liveRecords(connection, agent),
      isDeleted: deletedPeriods(connection, agent),
    }));
  }

  #write(
    step: readonly OneRecord[],
    { writer, live, isDeleted }: Target,
    { includeDeleted, erasures }: { readonly includeDeleted: boolean; readonly erasures: number },
    result: ImportedHistory,
  ): void {
    this.refuseWhileOff();
    const { permission, blockSensitive, limits } = this.#core.permissions.evaluate();
    const nowMs = this.#core.clock.nowMs();
    const options = { collect: permission.collect, blockSensitive };
    const oldestMs = nowMs - limits.retentionDays * dayMs;
    this.#core.locatedStore().withDatabase((connection) =>
      immediately(connection, () => {
        // Digests and dimensions of before are gone, and after a purge the salt is another one.
        if (readNumber(connection, "erasures") !== erasures)
          throw new EraseError("Data was deleted during the import, so it stopped.");
        const records: HistoryRecord[] = [];
        for (const record of step) {
          const event = this.#firewall.admit(markRaw(historyEvent(record, this.#ids)), options, nowMs);
          if (event === undefined) {
            result.refused += 1;
            continue;
          }
          const isResponse = "model" in record;
          const isCovered = live.covers(isResponse ? "request" : "call", event.tsMs);
          const exactness = isResponse && !record.isExact ? "lower_bound" : "exact";
          records.push({
            event,
            exactness,
            ...growthOf(record),
            isDeleted: !includeDeleted && isDeleted(event.tsMs),
            isCovered,
            aliases: aliasesOf(record, this.#ids),
            liveIds: () => (live.isEmpty ? [] : [event.id, ...liveIdsOf(record, this.#ids)]),
          });
        }
        writer.write(records, oldestMs, result);
      }),
    );
  }

  /** Returns how many digests are kept, and about how many bytes they take. */
  digests(): { readonly count: number; readonly bytes: number } {
    return this.#core.locatedStore().read(digestSize) ?? { count: 0, bytes: 0 };
  }

  /** Returns the imports of agents' files: agent → when. */
  imported(): ReadonlyMap<string, number> {
    const origins = this.#core.locatedStore().read(listOrigins) ?? [];
    return new Map(origins.flatMap(({ agent, importedMs }) => (agent === null ? [] : [[agent, importedMs]])));
  }

  /** Removes everything that was imported of an agent; what was recorded live does not change. @throws SQLite's error. */
  undo(agent: string): { readonly events: number; readonly searched: number; readonly copies: readonly string[] } {
    const store = this.#core.locatedStore();
    let [events, searched] = [0, 0];
    const copies = new Set<string>();
    for (const { id } of (store.read(listOrigins) ?? []).filter((origin) => origin.agent === agent)) {
      const erased = store.erase({ by: "origin", id });
      events += erased.events;
      searched += erased.searched;
      for (const copy of erased.copies) copies.add(copy);
    }
    this.#core.listener.dataChanged();
    return { events, searched, copies: [...copies] };
  }
}

/** Imports once an hour what is new in the histories that the user chose to follow; none unless chosen. */
import type { Memento } from "vscode";
import { hourMs, minuteMs } from "../shared/schema/durations.ts";
import { type HistoryName, historyGroup, historyGroups } from "../shared/vocabulary/history-names.ts";
import type { Log } from "./log.ts";
import type { NexusCommand } from "./nexus-command.ts";
import type { Timers } from "./timers.ts";

const followedKey = "followedHistories";
/** Windows share it, so that only one of them imports. */
const lastKey = "followedHistoriesMs";

/** Another window may be a little ahead. */
const toleranceMs = 5 * minuteMs;

export class HistoryFollower {
  readonly #memory: Memento;
  readonly #command: Pick<NexusCommand, "run">;
  readonly #timers: Timers;
  readonly #isRecording: () => boolean;
  readonly #log: Pick<Log, "warn">;
  #cancel: () => void = () => undefined;

  constructor(
    memory: Memento,
    command: Pick<NexusCommand, "run">,
    timers: Timers,
    isRecording: () => boolean,
    log: Pick<Log, "warn">,
  ) {
    this.#memory = memory;
    this.#command = command;
    this.#timers = timers;
    this.#isRecording = isRecording;
    this.#log = log;
  }

  get followed(): readonly HistoryName[] {
    return this.#memory.get<readonly HistoryName[]>(followedKey) ?? [];
  }

  /** Starts the clock if anything is followed. */
  start(): void {
    this.#cancel();
    if (this.followed.length > 0) this.#cancel = this.#timers.after(minuteMs, () => void this.#run());
  }

  async follow(name: HistoryName, isFollowed: boolean): Promise<void> {
    const others = this.followed.filter((one) => one !== name);
    await this.#memory.update(followedKey, isFollowed ? [...others, name] : others);
    this.start();
  }

  async #run(): Promise<void> {
    const { followed } = this;
    if (followed.length === 0) return;
    this.#cancel = this.#timers.after(hourMs, () => void this.#run());
    const nowMs = Date.now();
    const lastMs = this.#memory.get<number>(lastKey) ?? 0;
    if (!this.#isRecording() || (nowMs >= lastMs && nowMs - lastMs < hourMs - toleranceMs)) return;
    await this.#memory.update(lastKey, nowMs);
    try {
      for (const group of historyGroups) {
        const names = followed.filter((name) => historyGroup(name) === group);
        if (names.length > 0) await this.#command.run([group, "import", ...names, "--yes", "--json"]);
      }
    } catch (error) {
      this.#log.warn(`History was not imported: ${error instanceof Error ? error.message : "unexpected error"}`);
    }
  }

  dispose(): void {
    this.#cancel();
  }
}

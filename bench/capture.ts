/** Time from an editor event to the queue, per event. Baseline: pushing an object onto an array. */
import { EventQueue } from "../extension/recording/queue.ts";
import { Recorder } from "../extension/recording/recorder.ts";
import { Session } from "../extension/recording/session.ts";
import { systemTimers } from "../extension/timers.ts";
import { scaled } from "./load.ts";
import { figure, type Measurement, quantile } from "./measurement.ts";
import { sampleUse } from "./sample.ts";

const events = 200_000;
const warmUp = 20_000;
/** One less than the number of events at which the queue sends. */
const burst = 49;

/**
 * Returns the microseconds of each call of `work`. Between bursts the event loop runs, as in an
 * editor.
 */
async function timesUs(work: (n: number) => void, between: () => Promise<void>): Promise<number[]> {
  const times: number[] = [];
  const warmUpCalls = scaled(warmUp);
  for (let n = 0; n < scaled(events) + warmUpCalls; n += 1) {
    const start = process.hrtime.bigint();
    work(n);
    const end = process.hrtime.bigint();
    if (n >= warmUpCalls) times.push(Number(end - start) / 1_000);
    if (n % burst === 0) await between();
  }
  return times;
}

export async function capture(): Promise<readonly Measurement[]> {
  const queue = new EventQueue(async () => "stored", systemTimers);
  const recorder = new Recorder(queue, new Session(), Date.now, { workspace: "file:///home/someone/project" });
  const captured = await timesUs(
    () => recorder.record("agent_event", "vscode_terminal", sampleUse),
    () => queue.flush(),
  );
  const list: object[] = [];
  const pushed = await timesUs(
    (n) => void list.push({ n, ...sampleUse }),
    async () => void list.splice(0),
  );
  const against = "pushing a copy onto an array";
  const at = (name: string, p: number, limit: number) =>
    figure({ name, unit: "µs", value: quantile(captured, p), against, baseline: quantile(pushed, p), limit });
  return [at("capture-p50", 0.5, 2), at("capture-p99", 0.99, 10)];
}

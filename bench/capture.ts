/** From an event in the editor to the queue, one event at a time. Against: pushing an object onto an array. */
import { EventQueue } from "../extension/recording/queue.ts";
import { Recorder } from "../extension/recording/recorder.ts";
import { Session } from "../extension/recording/session.ts";
import { systemTimers } from "../extension/timers.ts";
import { scaled } from "./load.ts";
import { figure, type Measurement, quantile } from "./measurement.ts";
import { sampleUse } from "./sample.ts";

const events = 200_000;
const warmUp = 20_000;
/** As many as the queue gathers before it sends. */
const burst = 49;

/** Microseconds of each call of `work`; between bursts the loop turns, as it does in an editor. */
async function timesUs(work: (n: number) => void, between: () => Promise<void>): Promise<number[]> {
  const times: number[] = [];
  const before = scaled(warmUp);
  for (let n = 0; n < scaled(events) + before; n += 1) {
    const start = process.hrtime.bigint();
    work(n);
    const end = process.hrtime.bigint();
    if (n >= before) times.push(Number(end - start) / 1_000);
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

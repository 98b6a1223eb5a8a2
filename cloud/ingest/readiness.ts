/** Whether batches can be accepted: asked of the log and of the registry themselves, at most once a second. */
import type { DurableLog } from "../log/durable-log.ts";
import type { Registry } from "./registry.ts";

/** Milliseconds that an answer counts, and that it is waited for. */
const [freshMs, patienceMs] = [1_000, 5_000];

export class Readiness {
  readonly #log: DurableLog;
  readonly #registry: Registry;
  readonly #now: () => number;
  #probe: { readonly atMs: number; readonly writable: Promise<boolean> } | undefined;

  constructor(log: DurableLog, registry: Registry, now: () => number) {
    this.#log = log;
    this.#registry = registry;
    this.#now = now;
  }

  isWritable(): Promise<boolean> {
    const nowMs = this.#now();
    if (this.#probe === undefined || Math.abs(nowMs - this.#probe.atMs) >= freshMs) {
      const late = new Promise<never>((_, reject) => {
        setTimeout(() => reject(new Error("no answer")), patienceMs).unref();
      });
      const probes = Promise.all([this.#log.probe(), this.#registry.probe()]);
      const writable = Promise.race([probes, late]).then(
        () => true,
        () => false,
      );
      this.#probe = { atMs: nowMs, writable };
    }
    return this.#probe.writable;
  }
}

/**
 * Checks whether batches can be accepted by probing the log and the registry, up to once per
 * second.
 */
import type { DurableLog } from "../log/durable-log.ts";
import type { Registry } from "./registry.ts";

/** Milliseconds for which a result is reused, and for which a probe may run. */
const [reuseMs, timeoutMs] = [1_000, 5_000];

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
    if (this.#probe === undefined || Math.abs(nowMs - this.#probe.atMs) >= reuseMs) {
      const timeout = new Promise<never>((_, reject) => {
        setTimeout(() => reject(new Error("the probe timed out")), timeoutMs).unref();
      });
      const probes = Promise.all([this.#log.probe(), this.#registry.probe()]);
      const writable = Promise.race([probes, timeout]).then(
        () => true,
        () => false,
      );
      this.#probe = { atMs: nowMs, writable };
    }
    return this.#probe.writable;
  }
}

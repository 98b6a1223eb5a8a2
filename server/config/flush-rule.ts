/** When the extension sends captured events to its worker: `batch_size` and `flush_interval_secs` of `config.toml`. */
import type { FlushRule } from "../../shared/protocol/record.ts";
import { defaultFlushRule } from "../../shared/protocol/record.ts";
import { keysIn, parseConfig } from "./config.ts";

/** Limits of the extension. */
const maxEvents = 1_000;
const seconds = { min: 0.25, max: 60 } as const;

/**
 * Returns the default, 50 events or 250 ms, unless a key is set; then both keys apply, a missing one with its default.
 * @throws ConfigError
 */
export function flushRule(file: string, text: string | null): FlushRule {
  const set = text === null ? undefined : keysIn(file, text);
  if (text === null || !(set?.has("batch_size") || set?.has("flush_interval_secs"))) return defaultFlushRule;
  const { batch_size: events, flush_interval_secs: interval } = parseConfig(file, text);
  return {
    maxEvents: Math.min(events, maxEvents),
    maxWaitMs: Math.round(1_000 * Math.min(seconds.max, Math.max(seconds.min, interval))),
  };
}

/** Creates the rate limits from the configuration. */
import type { Config } from "../config.ts";
import type { Limits } from "./context.ts";
import { RateLimit } from "./rate-limit.ts";

/** Clients repeat an erasure request until they have the receipt. */
const erasuresPerMinute = 20;

export function limitsOf(config: Config): Limits {
  const perMinute = config.requests_per_minute;
  return {
    requests: new RateLimit(perMinute),
    refused: new RateLimit(config.refused_per_minute ?? perMinute),
    // One per second with the default of 600 requests per minute.
    enrolments: new RateLimit(config.enrolments_without_proof_per_minute ?? Math.max(60, perMinute / 10)),
    erasures: new RateLimit(erasuresPerMinute),
    newEvents: new RateLimit(config.new_events_per_minute ?? perMinute * 10),
    allNewEvents: new RateLimit(config.all_new_events_per_minute ?? perMinute * 100),
  };
}

/** The dependencies of the routes. */
import type { Config } from "../config.ts";
import type { ServerMetrics } from "../metrics.ts";
import type { Authentication } from "./authentication.ts";
import type { BatchReceiver } from "./batch-receiver.ts";
import type { Erased, Installation } from "./installation.ts";
import type { RateLimit } from "./rate-limit.ts";
import type { Registry } from "./registry.ts";

/**
 * The part of `erasure/erase.ts` that routes use; declared here because that module imports this
 * folder.
 */
export interface ErasureRequests {
  /** Requests an erasure. Resolves once the request is durable. @throws the database's error. */
  request(anonUserId: string): Promise<Installation>;
  /** Returns the signed receipt. */
  receiptOf(anonUserId: string, erased: Erased): string;
}

export interface IngestContext {
  readonly config: Config;
  readonly registry: Registry;
  readonly receiver: BatchReceiver;
  readonly erasures: ErasureRequests;
  readonly watch: ServerMetrics;
  readonly waitingBytes: () => number;
  readonly isReady: () => Promise<boolean>;
  readonly now: () => number;
}

export interface RouteContext extends IngestContext {
  readonly authentication: Authentication;
  readonly limits: Limits;
}

/** Rate limits per minute. */
export interface Limits {
  /** Requests of one pseudonym. */
  readonly requests: RateLimit;
  /** Refused requests of all unknown clients. */
  readonly refused: RateLimit;
  /** Enrolments without a proof of work. */
  readonly enrolments: RateLimit;
  /** Erasure requests of one pseudonym. */
  readonly erasures: RateLimit;
  /** Events of one new pseudonym, and of all new ones together. */
  readonly newEvents: RateLimit;
  readonly allNewEvents: RateLimit;
}

export const json = "application/json; charset=utf-8";

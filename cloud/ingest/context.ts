/** What the routes work with. */
import type { Config } from "../config.ts";
import type { ServerMetrics } from "../metrics.ts";
import type { Authentication } from "./authentication.ts";
import type { BatchReceiver } from "./batch-receiver.ts";
import type { Erased, Installation } from "./installation.ts";
import type { RateLimit } from "./rate-limit.ts";
import type { Registry } from "./registry.ts";

/** What the routes need of the erasures (`erasure/erase.ts`, which imports this folder). */
export interface ErasureRequests {
  /** Resolves once the request is on disk. @throws the database's error. */
  request(anonUserId: string): Promise<Installation>;
  /** The signed text of the receipt. */
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

/** What may be asked in a minute. */
export interface Limits {
  /** Requests of one pseudonym. */
  readonly requests: RateLimit;
  /** Requests of all who are not known, and are refused. */
  readonly refused: RateLimit;
  /** Enrolments without a proof of work. */
  readonly enrolments: RateLimit;
  /** Requests to erase one pseudonym. */
  readonly erasures: RateLimit;
  /** Events of one new pseudonym, and of all new ones. */
  readonly newEvents: RateLimit;
  readonly allNewEvents: RateLimit;
}

export const json = "application/json; charset=utf-8";

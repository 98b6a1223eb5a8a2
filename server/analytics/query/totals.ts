/** Adds rollups up to the measures of a group. */
import type { Ended, Measures } from "../../../shared/protocol/query.ts";
import type { FieldName } from "../../../shared/schema/fields.ts";
import type { Row } from "../../store/driver/driver.ts";
import { Sketch } from "../../store/rollups/sketch.ts";
import type { PriceList, Tokens } from "../price-list.ts";
import { wilson } from "../statistics.ts";
import type { Cells } from "./day-cache.ts";
import type { Dimensions } from "./dimensions.ts";

const noTokens: Tokens = { input: 0, output: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, reasoning: 0 };

/** Kind of tokens → the fields that hold it; only one of them is in an event. */
const tokenFields: Readonly<Record<keyof Tokens, readonly FieldName[]>> = {
  input: ["tokens_input"],
  output: ["tokens_output"],
  cacheRead: ["tokens_cache_read", "tokens_cached"],
  cacheWrite5m: ["tokens_cache_write_5m"],
  cacheWrite1h: ["tokens_cache_write_1h"],
  reasoning: ["tokens_reasoning"],
};
const tokenKinds = Object.keys(tokenFields) as (keyof Tokens)[];

/** The tokens of one rollup; one object for all, because a year has tens of thousands. */
const scratch: Record<keyof Tokens, number> = { ...noTokens };

type Sums = Readonly<Record<string, readonly number[]>>;

/** A rollup as read from the database, or from memory, where its numbers are parsed. */
export type Rollup = Row | Cells;
const noSums: Sums = {};

/** Runs or calls that ended. Sketches are kept as stored and read once. */
class EndedTotals {
  count = 0;
  #ok = 0;
  #failed = 0;
  #cancelled = 0;
  #timed = 0;
  #totalMs = 0;
  #minMs = Number.POSITIVE_INFINITY;
  #maxMs = Number.NEGATIVE_INFINITY;
  #sketch: Sketch | undefined;
  #unread: string[] = [];
  #elapsed: Sketch | undefined;

  add(row: Rollup, dimensions: Dimensions): void {
    const count = Number(row["count"]);
    this.count += count;
    if (!dimensions.hasOutcome) return;
    const status = dimensions.row["status"];
    if (status === "ok") this.#ok += count;
    else if (status === "failed") this.#failed += count;
    else if (status === "cancelled") this.#cancelled += count;
    const sketch = row["duration_sketch"];
    if (typeof sketch !== "string") return;
    if (dimensions.isElapsed) {
      this.#elapsed ??= new Sketch();
      this.#elapsed.addText(sketch);
      return;
    }
    this.#timed += Number(row["duration_count"]);
    this.#totalMs += Number(row["duration_sum"]);
    this.#minMs = Math.min(this.#minMs, Number(row["duration_min"]));
    this.#maxMs = Math.max(this.#maxMs, Number(row["duration_max"]));
    this.#unread.push(sketch);
  }

  /** Adds all of another group. */
  merge(other: EndedTotals): void {
    this.count += other.count;
    this.#ok += other.#ok;
    this.#failed += other.#failed;
    this.#cancelled += other.#cancelled;
    this.#timed += other.#timed;
    this.#totalMs += other.#totalMs;
    this.#minMs = Math.min(this.#minMs, other.#minMs);
    this.#maxMs = Math.max(this.#maxMs, other.#maxMs);
    if (other.#timed > 0) this.#read().addSketch(other.#read());
    if (other.#elapsed === undefined) return;
    this.#elapsed ??= new Sketch();
    this.#elapsed.addSketch(other.#elapsed);
  }

  #read(): Sketch {
    this.#sketch ??= new Sketch();
    for (const text of this.#unread) this.#sketch.addText(text);
    this.#unread = [];
    return this.#sketch;
  }

  /** Frees the durations, after which nothing can be added. */
  release(): void {
    this.#sketch = undefined;
    this.#elapsed = undefined;
  }

  get ended(): Ended {
    const decided = this.#ok + this.#failed;
    const [low = 0, high = 0] = decided === 0 ? [] : wilson(this.#failed, decided);
    const [medianMs, p95Ms, p99Ms] = this.#quantiles();
    return {
      count: this.count,
      ok: this.#ok,
      failed: this.#failed,
      cancelled: this.#cancelled,
      failure: decided === 0 ? null : { rate: this.#failed / decided, low, high, sample: decided },
      timed: this.#timed,
      totalMs: this.#totalMs,
      medianMs,
      p95Ms,
      p99Ms,
      elapsedMs: this.#elapsed?.quantile(0.5, 0, Number.POSITIVE_INFINITY) ?? null,
    };
  }

  #quantiles(): readonly [number | null, number | null, number | null] {
    if (this.#timed === 0) return [null, null, null];
    const sketch = this.#read();
    const at = (p: number) => sketch.quantile(p, this.#minMs, this.#maxMs);
    return [at(0.5), at(0.95), at(0.99)];
  }
}

export class Totals {
  readonly #runs = new EndedTotals();
  readonly #calls = new EndedTotals();
  readonly #tokens: Record<keyof Tokens, number> = { ...noTokens };
  readonly #priceList: PriceList;
  readonly #unpriced: Set<string>;
  #waitingMs = 0;
  #refused = 0;
  #turns = 0;
  #permissionRequests = 0;
  #permissionWaitMs = 0;
  #activeMs = 0;
  #requests = 0;
  #lowerBound = 0;
  #listUsd: number | null = null;
  #reportedMicroUsd = 0;
  #unpricedTokens = 0;

  /** `unpriced` collects the models without a price. */
  constructor(priceList: PriceList, unpriced: Set<string>) {
    this.#priceList = priceList;
    this.#unpriced = unpriced;
  }

  /** Adds a rollup. `day`: its first local day, counted since 1970. */
  add(row: Rollup, dimensions: Dimensions, day: number): void {
    const sums = sumsOf(row);
    switch (dimensions.kind) {
      case "run":
        this.#runs.add(row, dimensions);
        if (dimensions.hasOutcome && dimensions.isWaitedFor) this.#waitingMs += Number(row["duration_sum"]);
        break;
      case "call":
        this.#calls.add(row, dimensions);
        if (dimensions.isRefused) this.#refused += Number(row["count"]);
        break;
      case "activity":
        this.#addActivity(row, dimensions, sums);
        break;
      case "request":
        this.#requests += Number(row["count"]);
        if (dimensions.isLowerBound) this.#lowerBound += Number(row["count"]);
        break;
      case "other":
        break;
    }
    if (sums !== noSums) this.#addTokens(dimensions, sums, day);
  }

  /** Adds all of another group. */
  merge(other: Totals): void {
    this.#runs.merge(other.#runs);
    this.#calls.merge(other.#calls);
    for (const kind of tokenKinds) this.#tokens[kind] += other.#tokens[kind];
    this.#waitingMs += other.#waitingMs;
    this.#refused += other.#refused;
    this.#turns += other.#turns;
    this.#permissionRequests += other.#permissionRequests;
    this.#permissionWaitMs += other.#permissionWaitMs;
    this.#activeMs += other.#activeMs;
    this.#requests += other.#requests;
    this.#lowerBound += other.#lowerBound;
    if (other.#listUsd !== null) this.#listUsd = (this.#listUsd ?? 0) + other.#listUsd;
    this.#reportedMicroUsd += other.#reportedMicroUsd;
    this.#unpricedTokens += other.#unpricedTokens;
  }

  #addActivity(row: Rollup, { row: { activity } }: Dimensions, sums: Sums): void {
    const count = Number(row["count"]);
    switch (activity) {
      case "turn":
        this.#turns += count;
        break;
      case "permission_request":
        this.#permissionRequests += count;
        break;
      case "permission_wait":
        this.#permissionWaitMs += Number(row["duration_sum"]);
        break;
      case "active_time":
        this.#activeMs += sumIn(sums, "active_ms");
        break;
    }
  }

  #addTokens({ row, contextSize }: Dimensions, sums: Sums, day: number): void {
    const tokens = scratch;
    for (const kind of tokenKinds) {
      let sum = 0;
      for (const field of tokenFields[kind]) sum += sumIn(sums, field);
      tokens[kind] = sum;
      this.#tokens[kind] += sum;
    }
    this.#reportedMicroUsd += sumIn(sums, "cost_microusd");
    const all = tokens.input + tokens.output;
    if (all === 0) return;
    const model = typeof row["model"] === "string" ? row["model"] : "unknown";
    const usd = this.#priceList.costOf(model, day, tokens, contextSize, row["speed"] === "fast");
    if (usd !== undefined) this.#listUsd = (this.#listUsd ?? 0) + usd;
    else {
      this.#unpricedTokens += all;
      this.#unpriced.add(model);
    }
  }

  /** Returns the measures, after which nothing can be added. */
  finish(): Omit<Measures, "sessions"> {
    const found = this.measures;
    this.#runs.release();
    this.#calls.release();
    return found;
  }

  /** Without the number of sessions, which rollups do not contain. */
  get measures(): Omit<Measures, "sessions"> {
    return {
      runs: this.#runs.ended,
      waitingMs: this.#waitingMs,
      calls: this.#calls.ended,
      refused: this.#refused,
      turns: this.#turns,
      permissionRequests: this.#permissionRequests,
      permissionWaitMs: this.#permissionWaitMs,
      activeMs: this.#activeMs,
      requests: this.#requests,
      lowerBound: this.#lowerBound,
      tokens: { ...this.#tokens },
      cost: {
        // Rounded, so that the sum does not depend on the order of addition.
        listUsd: this.#listUsd === null ? null : Math.round(this.#listUsd * 1e9) / 1e9,
        reportedUsd: this.#reportedMicroUsd === 0 ? null : this.#reportedMicroUsd / 1_000_000,
        unpricedTokens: this.#unpricedTokens,
      },
    };
  }
}

function sumsOf({ numbers }: Rollup): Sums {
  if (typeof numbers === "string") return JSON.parse(numbers);
  return typeof numbers === "object" && numbers !== null ? (numbers as Sums) : noSums;
}

/** Summaries are count, sum, min and max. */
const sumIn = (sums: Sums, field: FieldName): number => sums[field]?.[1] ?? 0;

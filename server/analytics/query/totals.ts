/** Adds rollups up to the measures of a group. */
import type { Ended, Measures } from "../../../shared/protocol/query.ts";
import type { FieldName } from "../../../shared/schema/fields.ts";
import { type ContextSize, contextSizes } from "../../../shared/vocabulary/agent-reports.ts";
import { commandClass } from "../../../shared/vocabulary/command-classes.ts";
import type { Row } from "../../store/driver/driver.ts";
import { dayOfHour, firstDayOfMonth } from "../../store/rollups/local-time.ts";
import { grains } from "../../store/rollups/rollups.ts";
import { Aggregate, terminalRollup } from "../aggregate.ts";
import { hasOutcome, isCommandRun, isToolCall } from "../classify.ts";
import type { PriceList, Tokens } from "../price-list.ts";
import { wilson } from "../statistics.ts";

/** Classes of commands whose time is not waiting time. */
const notWaitedFor: ReadonlySet<string> = new Set(["server", "interactive"]);

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

type Sums = Readonly<Record<string, readonly number[]>>;

/** Returns the local day of a rollup, counted since 1970. */
export function dayOfRow({ grain, bucket }: Row): number {
  const at = Number(bucket);
  return grain === grains.hour ? dayOfHour(at) : grain === grains.day ? at : firstDayOfMonth(at);
}

export class Totals {
  readonly #runs = new Aggregate();
  readonly #calls = new Aggregate();
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
  #listUsd: number | null = null;
  #reportedMicroUsd = 0;
  #unpricedTokens = 0;

  /** `unpriced` collects the models without a price. */
  constructor(priceList: PriceList, unpriced: Set<string>) {
    this.#priceList = priceList;
    this.#unpriced = unpriced;
  }

  add(row: Row): void {
    const sums: Sums = typeof row["numbers"] === "string" ? JSON.parse(row["numbers"]) : {};
    if (isCommandRun(row)) this.#addRun(row);
    else if (isToolCall(row)) this.#addCall(row);
    else if (row["event_type"] === "agent_activity") this.#addActivity(row, sums);
    else if (row["event_type"] === "model_request") this.#requests += Number(row["count"]);
    if (row["numbers"] !== null) this.#addTokens(row, sums);
  }

  #addRun(row: Row): void {
    this.#runs.add(terminalRollup(row));
    const path = row["command_path"];
    if (hasOutcome(row) && !(typeof path === "string" && notWaitedFor.has(commandClass(path)))) {
      this.#waitingMs += Number(row["duration_sum"]);
    }
  }

  #addCall(row: Row): void {
    this.#calls.add(terminalRollup(row));
    if (row["error_category"] === "rejected") this.#refused += Number(row["count"]);
  }

  #addActivity(row: Row, sums: Sums): void {
    const count = Number(row["count"]);
    switch (row["activity"]) {
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

  #addTokens(row: Row, sums: Sums): void {
    const tokens = Object.fromEntries(
      tokenKinds.map((kind) => [kind, tokenFields[kind].reduce((sum, field) => sum + sumIn(sums, field), 0)]),
    ) as Record<keyof Tokens, number>;
    for (const kind of tokenKinds) this.#tokens[kind] += tokens[kind];
    this.#reportedMicroUsd += sumIn(sums, "cost_microusd");
    const all = tokens.input + tokens.output;
    if (all === 0) return;
    const model = typeof row["model"] === "string" ? row["model"] : "unknown";
    const size = contextSizes.find((known): known is ContextSize => known === row["context_size"]);
    const usd = this.#priceList.costOf(model, dayOfRow(row), tokens, size, row["speed"] === "fast");
    if (usd !== undefined) this.#listUsd = (this.#listUsd ?? 0) + usd;
    else {
      this.#unpricedTokens += all;
      this.#unpriced.add(model);
    }
  }

  get measures(): Measures {
    return {
      runs: endedOf(this.#runs),
      waitingMs: this.#waitingMs,
      calls: endedOf(this.#calls),
      refused: this.#refused,
      turns: this.#turns,
      permissionRequests: this.#permissionRequests,
      permissionWaitMs: this.#permissionWaitMs,
      activeMs: this.#activeMs,
      requests: this.#requests,
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

/** Summaries are count, sum, min and max. */
const sumIn = (sums: Sums, field: FieldName): number => sums[field]?.[1] ?? 0;

function endedOf(group: Aggregate): Ended {
  const { count, succeeded: ok, failed, cancelled, decided, totalMs } = group;
  const [low = 0, high = 0] = decided === 0 ? [] : wilson(failed, decided);
  return {
    count,
    ok,
    failed,
    cancelled,
    failure: decided === 0 ? null : { rate: failed / decided, low, high },
    totalMs,
    medianMs: group.quantileMs(0.5),
    p95Ms: group.quantileMs(0.95),
    p99Ms: group.quantileMs(0.99),
  };
}

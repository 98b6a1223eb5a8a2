/**
 * `nexus cost --blocks`: tokens and cost in blocks of five hours, as agents' providers count their limits: a block begins with the
 * hour of the first request after the one before it.
 */
import type { Group } from "../../shared/protocol/query.ts";
import { hourMs } from "../../shared/schema/durations.ts";
import { clockText, dateTimeText, durationText, numberText, percentText, usdText } from "../../shared/text/format.ts";
import { atLeast } from "../../shared/text/lower-bound.ts";
import { UsageError } from "../exit.ts";
import { printCsv } from "../output/csv.ts";
import { print, printJson } from "../output/print.ts";
import { table } from "../output/table.ts";
import { heading, wrapped } from "../output/terminal.ts";
import { periodTitle } from "../period.ts";
import { queryOf, resolved } from "../query.ts";
import { withFreshReader } from "../runtime.ts";
import type { CostOptions } from "./cost.ts";
import { emptyText } from "./query-report.ts";

const blockHours = 5;
const blockMs = blockHours * hourMs;
/** More hours would be thousands of rows. */
const usualPeriod = { week: true } as const;

export interface Block {
  /** Milliseconds since 1970. */
  readonly startMs: number;
  readonly endMs: number;
  readonly requests: number;
  readonly tokens: number;
  /** `null` if no model has a price. */
  readonly listUsd: number | null;
  /** Responses that may have had more output. */
  readonly lowerBound: number;
}

/** Groups hours, in order, into blocks. Hours of one day follow each other by the wall clock. */
export function blocksOf(hours: readonly Group[]): readonly Block[] {
  const blocks: Block[] = [];
  for (const { key, measures } of hours) {
    const { requests, tokens, cost } = measures;
    const used = tokens.input + tokens.output;
    if (requests + used === 0) continue;
    const atMs = new Date(key.replace(" ", "T")).getTime();
    const last = blocks.at(-1);
    const isNew = last === undefined || atMs >= last.endMs;
    const none = { requests: 0, tokens: 0, listUsd: null, lowerBound: 0 };
    const block: Block = isNew ? { startMs: atMs, endMs: atMs + blockMs, ...none } : last;
    const sum = {
      ...block,
      requests: block.requests + requests,
      tokens: block.tokens + used,
      lowerBound: block.lowerBound + measures.lowerBound,
      listUsd: cost.listUsd === null ? block.listUsd : (block.listUsd ?? 0) + cost.listUsd,
    };
    if (isNew) blocks.push(sum);
    else blocks[blocks.length - 1] = sum;
  }
  return blocks;
}

/** @throws UsageError */
export function printBlocks(options: CostOptions): Promise<void> {
  if (options.by !== undefined) throw new UsageError("--by cannot be used with --blocks.");
  if (options.sort !== undefined)
    throw new UsageError("--sort cannot be used with --blocks: blocks are in order of time.");
  if (options.compare !== undefined) throw new UsageError("--compare cannot be used with --blocks.");
  const { today, week, month, year, yesterday, last, since, until, from, to } = options;
  const hasPeriod = [today, week, month, year, yesterday, last, since, until, from, to].some(
    (one) => one !== undefined,
  );
  const asked = queryOf({ ...(hasPeriod ? {} : usualPeriod), ...options });
  return withFreshReader(async (reader) => {
    const query = resolved(reader, asked);
    const answer = reader.query({ ...query, by: "hour" });
    const blocks = blocksOf(answer.groups);
    const shown = blocks.slice(-(options.limit ?? blocks.length));
    if (options.json === true) return printJson({ version: 1, asOfMs: answer.asOfMs, blocks: shown });
    if (options.csv === true) return printCsv(shown);
    print(heading(`Blocks of ${blockHours} Hours (${periodTitle(query.period.period, answer.fromMs, answer.toMs)})`));
    if (shown.length === 0) return print(`\n${emptyText(reader, query, answer)}`);
    const rows = shown.map(({ startMs, requests, tokens, listUsd, lowerBound }) => [
      dateTimeText(startMs).slice(0, 16),
      numberText(requests),
      atLeast({ lowerBound }, numberText(tokens)),
      listUsd === null ? usdText(null) : atLeast({ lowerBound }, usdText(listUsd)),
      ...(options.budget === undefined ? [] : [percentText((listUsd ?? 0) / options.budget)]),
    ]);
    const headings = ["Start", "Requests", "Tokens", "List price", ...(options.budget === undefined ? [] : ["Budget"])];
    print(`\n${table(headings, rows, { left: 1 })}`);
    const current = blocks.at(-1);
    if (current !== undefined && current.endMs > answer.asOfMs)
      print(`\n${wrapped(currentText(current, options.budget, answer.asOfMs))}`);
    print(`\nList prices of ${answer.pricesAsOf}. Subscriptions and discounts are not known.`);
  });
}

/** The block that is not over: how much per hour, and how much at its end. */
function currentText(
  { startMs, endMs, listUsd: usd, tokens }: Block,
  budget: number | undefined,
  nowMs: number,
): string {
  const listUsd = usd ?? 0;
  // A rate of the first minutes says nothing.
  const elapsedMs = Math.max(nowMs - startMs, hourMs / 6);
  const perHour = (listUsd / elapsedMs) * hourMs;
  const expected = listUsd + (perHour * (endMs - nowMs)) / hourMs;
  const rate = `${usdText(perHour)} and ${numberText(Math.round((tokens / elapsedMs) * hourMs))} tokens per hour`;
  const text = `Current block, until ${clockText(endMs, nowMs)}: ${usdText(listUsd)} so far, ${rate}; at this rate ${usdText(expected)} by its end.`;
  if (budget === undefined) return text;
  if (listUsd >= budget) return `${text} The budget of ${usdText(budget)} is used up.`;
  if (expected <= budget) return `${text} The budget of ${usdText(budget)} is enough.`;
  const leftMs = ((budget - listUsd) / perHour) * hourMs;
  return `${text} The budget of ${usdText(budget)} is used up in ${durationText(leftMs)}.`;
}

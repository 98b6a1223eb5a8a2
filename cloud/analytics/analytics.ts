/** Answers questions: checks them, asks the warehouse with limits, and keeps answers until the data changes. */
import type * as z from "zod";
import { issueText } from "../../shared/text/issue-text.ts";
import { dayOf } from "../hours.ts";
import { RecentMap } from "../ingest/recent-map.ts";
import type { Warehouse } from "../warehouse/warehouse.ts";
import type { Context } from "./context.ts";
import { answerFunnel } from "./funnels/funnel-answer.ts";
import { answerLifecycle, answerStickiness } from "./lifecycle-answer.ts";
import { answerMetric } from "./metrics/metric-answer.ts";
import { answerPaths } from "./paths-answer.ts";
import {
  funnelQuestion,
  lifecycleQuestion,
  metricQuestion,
  pathsQuestion,
  retentionQuestion,
  stickinessQuestion,
} from "./question.ts";
import { QuestionError } from "./relation.ts";
import { answerRetention } from "./retention-answer.ts";

/** A longer query is cancelled by the engine. Seconds. */
const maxSeconds = 30;
/** Answers kept in memory. */
const maxAnswers = 500;

const kind = <Q, A>(question: z.ZodType<Q>, answer: (context: Context, question: Q) => Promise<A>) => ({
  question,
  answer: (context: Context, body: unknown): Promise<A> => answer(context, parsed(question, body)),
});

/** Kind of question → its form and how it is answered. */
export const questionKinds = {
  query: kind(metricQuestion, answerMetric),
  funnels: kind(funnelQuestion, answerFunnel),
  retention: kind(retentionQuestion, answerRetention),
  paths: kind(pathsQuestion, answerPaths),
  lifecycle: kind(lifecycleQuestion, answerLifecycle),
  stickiness: kind(stickinessQuestion, answerStickiness),
} as const;

export type QuestionKind = keyof typeof questionKinds;
export type Answer = Awaited<ReturnType<(typeof questionKinds)[QuestionKind]["answer"]>>;

export const questionKindNames = Object.keys(questionKinds) as readonly QuestionKind[];

/** @throws QuestionError that names the field. */
function parsed<Q>(question: z.ZodType<Q>, body: unknown): Q {
  const result = question.safeParse(body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue?.code === "unrecognized_keys") throw new QuestionError(`Unknown field: ${issue.keys.join(", ")}.`);
  const path = issue?.path.join(".") ?? "";
  throw new QuestionError(`${path === "" ? "question" : path}: ${issue === undefined ? "invalid" : issueText(issue)}.`);
}

export interface AnalyticsOptions {
  /** Groups with fewer users are hidden. */
  readonly minUsers: number;
  readonly now: () => number;
  /** Changes whenever the data does. */
  readonly dataVersion: () => number;
}

export class Analytics {
  readonly #context: Omit<Context, "nowMs">;
  readonly #options: AnalyticsOptions;
  readonly #answers = new RecentMap<string, { readonly version: string; readonly answer: Promise<Answer> }>(maxAnswers);

  constructor(warehouse: Warehouse, options: AnalyticsOptions) {
    this.#options = options;
    const settings = `SETTINGS max_execution_time = ${maxSeconds}`;
    this.#context = {
      minUsers: options.minUsers,
      warehouse: { query: (sql, params) => warehouse.query(`${sql} ${settings}`, params) },
    };
  }

  /** @throws QuestionError; the engine's error. */
  answer(name: QuestionKind, body: unknown): Promise<Answer> {
    const { now, dataVersion } = this.#options;
    const nowMs = now();
    const key = JSON.stringify([name, body]);
    // With the day, because it decides which buckets are over.
    const version = `${dataVersion()} ${dayOf(nowMs)}`;
    const known = this.#answers.get(key);
    if (known?.version === version) return known.answer;
    const answer: Promise<Answer> = questionKinds[name].answer({ ...this.#context, nowMs }, body);
    this.#answers.set(key, { version, answer });
    // A failure is not an answer to keep.
    answer.catch(() => this.#answers.delete(key));
    return answer;
  }
}

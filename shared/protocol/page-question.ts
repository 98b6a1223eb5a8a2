/** Questions of the dashboard's views, and their answers. The extension passes them on to the worker. */
import {
  DetailsRequest,
  FirstTryRequest,
  QueryRequest,
  SessionsRequest,
  TimelineRequest,
  TriesRequest,
} from "./questions.ts";
import { InsightsRequest, ToolCallsRequest, WeeklyActivityRequest } from "./reports.ts";
import type { Request } from "./rpc.ts";
import { enumOf, object, taggedUnion, type Validator } from "./validate.ts";

/** Each kind of question is one request of the worker. */
export const pageRequests = {
  figures: QueryRequest,
  details: DetailsRequest,
  tries: TriesRequest,
  sessions: SessionsRequest,
  timeline: TimelineRequest,
  firstTry: FirstTryRequest,
  insights: InsightsRequest,
  toolCalls: ToolCallsRequest,
  activity: WeeklyActivityRequest,
} as const;
type Requests = typeof pageRequests;
export type QuestionKind = keyof Requests;

type ParamsOf<K extends QuestionKind> = Requests[K] extends Request<infer P, infer _> ? P : never;
export type ResultOf<K extends QuestionKind> = Requests[K] extends Request<infer _, infer R> ? R : never;

export type QuestionOf<K extends QuestionKind> = { readonly kind: K; readonly params: ParamsOf<K> };
/** A question of any kind. */
export type PageQuestion = { [K in QuestionKind]: QuestionOf<K> }[QuestionKind];
export type PageAnswer = { [K in QuestionKind]: { readonly kind: K; readonly result: ResultOf<K> } }[QuestionKind];

export const questionKinds = Object.keys(pageRequests) as QuestionKind[];

function unionOf(part: "params" | "result"): Validator<unknown> {
  const variants = questionKinds.map((kind) => [
    kind,
    object({ kind: enumOf([kind]), [part]: pageRequests[kind][part] as Validator<unknown> }),
  ]);
  return taggedUnion("kind", Object.fromEntries(variants));
}

export const validatePageQuestion = unionOf("params") as Validator<PageQuestion>;
export const validatePageAnswer = unionOf("result") as Validator<PageAnswer>;

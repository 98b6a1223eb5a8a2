/** Requests of the query model (`query.ts`): an answer, sessions and their timeline, and how edits fare in the next check. */
import {
  type Answer,
  comparisons,
  type Details,
  type Filters,
  type FirstTry,
  filterNames,
  type Group,
  groupings,
  type Measures,
  type Query,
  type SessionEvent,
  type SessionSummary,
  type Tries,
  type Workspaces,
} from "./query.ts";
import { selection } from "./reports.ts";
import { label, request } from "./rpc.ts";
import {
  arrayOf,
  boolean,
  enumOf,
  integer,
  nonNegative,
  nullable,
  object,
  ratio,
  recordOf,
  string,
  type Validated,
  type Validator,
} from "./validate.ts";

/** More groups than a page can show: 5,000 commands, or the hours of two years. */
const maxGroups = 20_000;
const maxSessions = 1_000;
const maxEvents = 10_000;
/** A list of values of a filter. */
const filterText = string(4_096);

const filters: Validator<Filters> = (value, at) => {
  const found = recordOf(filterText, filterNames.length)(value, at);
  for (const name of Object.keys(found)) enumOf(filterNames)(name, at);
  return found;
};

const question = object({
  period: selection,
  by: nullable(enumOf([...groupings, "time"])),
  filters,
  compare: nullable(enumOf(comparisons)),
});
export type Question = Validated<typeof question>;

/** Returns the query that a request means. */
export const queryOf = ({ period, by, filters: of, compare }: Question): Query => ({
  period,
  filters: of,
  ...(by === null ? {} : { by }),
  ...(compare === null ? {} : { compare }),
});

const rate = object({ rate: ratio, low: ratio, high: ratio, sample: integer() });
const ended = object({
  count: integer(),
  ok: integer(),
  failed: integer(),
  cancelled: integer(),
  failure: nullable(rate),
  timed: integer(),
  totalMs: nonNegative,
  medianMs: nullable(nonNegative),
  p95Ms: nullable(nonNegative),
  p99Ms: nullable(nonNegative),
  elapsedMs: nullable(nonNegative),
});
const measures: Validator<Measures> = object({
  runs: ended,
  waitingMs: nonNegative,
  calls: ended,
  refused: integer(),
  turns: integer(),
  permissionRequests: integer(),
  permissionWaitMs: nonNegative,
  activeMs: nonNegative,
  requests: integer(),
  lowerBound: integer(),
  sessions: nullable(integer()),
  tokens: object({
    input: nonNegative,
    output: nonNegative,
    cacheRead: nonNegative,
    cacheWrite5m: nonNegative,
    cacheWrite1h: nonNegative,
    reasoning: nonNegative,
  }),
  cost: object({ listUsd: nullable(nonNegative), reportedUsd: nullable(nonNegative), unpricedTokens: nonNegative }),
});
const commandGroup = object({ key: string(128), class: label, measures });
const otherGroup = object({ key: string(128), measures });
const group: Validator<Group> = (value, at) =>
  (Object.hasOwn(Object(value), "class") ? commandGroup : otherGroup)(value, at);
const figures = {
  fromMs: integer(),
  toMs: integer(),
  groups: arrayOf(group, maxGroups),
  total: measures,
};
const answer: Validator<Answer> = object({
  ...figures,
  asOfMs: integer(),
  recordedFromMs: nullable(integer()),
  exitRulesSinceMs: nullable(integer()),
  isOver: boolean,
  lost: integer(),
  by: nullable(enumOf(groupings)),
  before: nullable(object(figures)),
  pricesAsOf: label,
  unpriced: arrayOf(label, 256),
});

/** Editor → worker: answers a question. */
export const QueryRequest = request("nexus/query", question, answer);

const session: Validator<SessionSummary> = object({
  id: label,
  startedMs: integer(),
  endedMs: integer(),
  sources: arrayOf(label, 64),
  measures,
  subagentCalls: integer(),
});

/** Editor → worker: returns the newest sessions of a period in which something matches. */
export const SessionsRequest = request(
  "nexus/sessions",
  object({ question, limit: integer(1, maxSessions) }),
  object({ fromMs: integer(), toMs: integer(), sessions: arrayOf(session, maxSessions) }),
);

const sessionEvent: Validator<SessionEvent> = object({
  tsMs: integer(),
  source: label,
  name: string(256),
  outcome: nullable(label),
  durationMs: nullable(nonNegative),
});

/** Editor → worker: returns the moments of a session by its ID, or the start of it; `null` if no or more than one has it. */
export const TimelineRequest = request(
  "nexus/timeline",
  object({ id: label }),
  nullable(arrayOf(sessionEvent, maxEvents)),
);

const firstTry: Validator<FirstTry> = object({
  groups: arrayOf(
    object({
      agent: label,
      model: label,
      checked: integer(),
      unchecked: integer(),
      firstTry: nullable(rate),
      red: integer(),
      medianTries: nullable(integer()),
    }),
    1_000,
  ),
  isCut: boolean,
});

/** Editor → worker: returns how often agents' edits pass the next check; `null` for a filter that does not apply. */
export const FirstTryRequest = request("nexus/firstTry", question, nullable(firstTry));

const endedRun = object({
  tsMs: integer(),
  source: label,
  name: string(256),
  outcome: nullable(label),
  durationMs: nullable(nonNegative),
  session: label,
  exitClass: nullable(label),
  error: nullable(label),
  workspace: nullable(label),
});
const details: Validator<Details> = object({
  class: nullable(label),
  durations: arrayOf(object({ fromMs: nonNegative, toMs: nullable(nonNegative), count: integer() }), 64),
  last: arrayOf(endedRun, 64),
});

/** Editor → worker: returns the last runs and tool calls of a question, and how long all of them took. */
export const DetailsRequest = request("nexus/details", question, details);

const tries: Validator<Tries> = object({
  phases: integer(),
  medianTries: nullable(integer()),
  byTries: arrayOf(integer(), 4),
});

/** Editor → worker: returns how often a check runs until it succeeds; `null` for a command that is no check. */
export const TriesRequest = request(
  "nexus/tries",
  object({ period: selection, command: string(128) }),
  nullable(tries),
);

const workspaces: Validator<Workspaces> = object({ known: arrayOf(label, 10_000), here: nullable(label) });

/** Editor → worker: returns the recorded workspaces. `name`: of the one that is open, of which only the hash is known. */
export const WorkspacesRequest = request("nexus/workspaces", object({ name: nullable(string(4_096)) }), workspaces);

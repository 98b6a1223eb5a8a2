/** What a history says, in public words, numbers and times. */
import type { Chain, OutcomeOf } from "../../shared/schema/fields.ts";
import type { HistoryName } from "../../shared/vocabulary/history-names.ts";
import type { Tokens } from "../analytics/price-list.ts";
import { isRandomId } from "../ingest/hooks/ids.ts";

export const noTokens: Tokens = { input: 0, output: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, reasoning: 0 };

/** What a record has in common with others of its line or message. */
export type Occasion = Pick<OfSession, "agent" | "session" | "tsMs" | "isSubagent">;

interface OfSession {
  readonly agent: HistoryName;
  readonly session: string;
  /** Of the response or tool use; the same in all copies. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly tsMs: number;
  readonly isSubagent: boolean;
}

/** A response of a language model. Input contains what the cache had, output contains reasoning. */
export interface ModelResponse extends OfSession {
  /** A public name. */
  readonly model: string;
  readonly tokens: Tokens;
  /** Whether the file says that the response is complete; else its output is a lower bound. */
  readonly isExact: boolean;
  /** Whether the agent may write the response into its file once more, with larger numbers. */
  readonly mayGrow?: boolean;
  /** The agent's ID of the request, which OpenTelemetry reports too. */
  readonly requestId?: string;
  /** IDs of other records of the same use, which must not count if only they are left. */
  readonly aliases?: readonly string[];
  /** What the agent says that it cost, in millionths of a dollar. */
  readonly costMicroUsd?: number;
}

/** A use of a tool. */
export interface ToolUse extends OfSession {
  /** A canonical name. */
  readonly tool: string;
  /** Until its result, with the time that it waited for permission. `null` without a result. */
  readonly elapsedMs: number | null;
  readonly outcome: "ok" | "failed" | null;
  /** What a shell ran. */
  readonly command?: RunCommand;
}

/** A command that a shell ran, by its public name. */
export interface RunCommand {
  /** "" without a public program. */
  readonly path: string;
  readonly chain: Chain;
  readonly count: number;
  readonly outcomeOf: OutcomeOf;
  readonly exitCode?: number;
}

/** Short IDs of tool uses occur in several sessions, so the session is added to them. */
export const toolUseId = (session: string, id: string): string => (isRandomId(id) ? id : `${session} ${id}`);

/** What was read of one source, such as the files of an agent. */
export interface History {
  readonly responses: readonly ModelResponse[];
  readonly tools: readonly ToolUse[];
}

/** Of two snapshots of a response, the larger one. */
export const larger = (a: ModelResponse, b: ModelResponse): ModelResponse => (sizeOf(b) > sizeOf(a) ? b : a);

/** How much is known of a response: of equal numbers, more if they are complete. */
export const sizeOf = ({ tokens, isExact }: ModelResponse): number =>
  2 * (tokens.input + tokens.output) + (isExact ? 1 : 0);

/** An amount in dollars, in whole millionths. */
export const microUsdOf = (usd: number): number => (Number.isFinite(usd) && usd > 0 ? Math.round(usd * 1_000_000) : 0);

/** A tool use with an outcome and without a time of its own. */
export const outcomeOf = (isFailed: unknown): ToolUse["outcome"] =>
  isFailed === true ? "failed" : isFailed === false ? "ok" : null;

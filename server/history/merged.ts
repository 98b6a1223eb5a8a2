/** Joins what several files say: copies of a response or tool use count once. */
import {
  type History,
  larger,
  type ModelResponse,
  noTokens,
  type Occasion,
  type ToolUse,
  toolUseId,
} from "./records.ts";

/** More than any request has, and the largest number of the schema. */
const maxTokens = 1_000_000_000;

/** A response whose numbers cannot be true has none, and is a lower bound. */
function plausible(response: ModelResponse): ModelResponse {
  const { tokens } = response;
  return tokens.input <= maxTokens && tokens.output <= maxTokens && tokens.cacheRead <= maxTokens
    ? response
    : { ...response, tokens: noTokens, isExact: false };
}

export class MergedHistory implements History {
  readonly #responses = new Map<string, ModelResponse>();
  readonly #tools = new Map<string, ToolUse>();

  /** The larger of two snapshots wins, and the first session owns it. */
  addResponse(read: ModelResponse): void {
    const response = plausible(read);
    const known = this.#responses.get(response.id);
    if (known === undefined) {
      this.#responses.set(response.id, response);
      return;
    }
    const { session, tsMs, isSubagent } = response.tsMs < known.tsMs ? response : known;
    this.#responses.set(response.id, { ...larger(known, response), session, tsMs, isSubagent });
  }

  /** The one with a result wins. */
  addTool(use: ToolUse): void {
    const known = this.#tools.get(use.id);
    if (known === undefined || (known.outcome === null && use.outcome !== null)) this.#tools.set(use.id, use);
  }

  /** A use without a result yet. */
  beginTool(of: Occasion, id: string, tool: string): void {
    if (id !== "") this.addTool({ ...of, id: toolUseId(of.session, id), tool, elapsedMs: null, outcome: null });
  }

  /** The result of a use that is known. */
  endTool({ session, tsMs }: Pick<Occasion, "session" | "tsMs">, id: string, outcome: ToolUse["outcome"]): void {
    const known = this.#tools.get(toolUseId(session, id));
    if (known !== undefined) this.addTool({ ...known, elapsedMs: Math.max(0, tsMs - known.tsMs), outcome });
  }

  toolOf(id: string): ToolUse | undefined {
    return this.#tools.get(id);
  }

  add({ responses, tools }: History): void {
    for (const response of responses) this.addResponse(response);
    for (const use of tools) this.addTool(use);
  }

  get responses(): readonly ModelResponse[] {
    return [...this.#responses.values()];
  }

  get tools(): readonly ToolUse[] {
    return [...this.#tools.values()];
  }
}

/**
 * Published list prices of models, in US dollars per million tokens. Models without a list price are
 * reported as unpriced. Contract and subscription prices are not known.
 */
export interface Price {
  readonly input: number;
  readonly output: number;
  /** Price of cached input tokens; if absent, they cost as much as other input tokens. */
  readonly cached?: number;
}

/** Year and month of the prices. */
export const pricesAsOf = "2025-11";

export const prices: Readonly<Record<string, Price>> = {
  "claude-3-haiku": { input: 0.25, output: 1.25, cached: 0.03 },
  "claude-3-opus": { input: 15, output: 75, cached: 1.5 },
  "claude-3-sonnet": { input: 3, output: 15 },
  "claude-3-5-haiku": { input: 0.8, output: 4, cached: 0.08 },
  "claude-3-5-sonnet": { input: 3, output: 15, cached: 0.3 },
  "claude-3-7-sonnet": { input: 3, output: 15, cached: 0.3 },
  "claude-haiku-4-5": { input: 1, output: 5, cached: 0.1 },
  "claude-opus-4": { input: 15, output: 75, cached: 1.5 },
  "claude-opus-4-1": { input: 15, output: 75, cached: 1.5 },
  "claude-opus-4-5": { input: 5, output: 25, cached: 0.5 },
  "claude-sonnet-4": { input: 3, output: 15, cached: 0.3 },
  "claude-sonnet-4-5": { input: 3, output: 15, cached: 0.3 },
  "gemini-1.5-flash": { input: 0.075, output: 0.3 },
  "gemini-1.5-pro": { input: 1.25, output: 5 },
  "gemini-2.0-flash": { input: 0.1, output: 0.4, cached: 0.025 },
  "gemini-2.0-flash-lite": { input: 0.075, output: 0.3 },
  "gemini-2.5-flash": { input: 0.3, output: 2.5 },
  "gemini-2.5-flash-lite": { input: 0.1, output: 0.4 },
  "gemini-2.5-pro": { input: 1.25, output: 10 },
  "gpt-3.5-turbo": { input: 0.5, output: 1.5 },
  "gpt-4": { input: 30, output: 60 },
  "gpt-4-turbo": { input: 10, output: 30 },
  "gpt-4.1": { input: 2, output: 8, cached: 0.5 },
  "gpt-4.1-mini": { input: 0.4, output: 1.6, cached: 0.1 },
  "gpt-4.1-nano": { input: 0.1, output: 0.4, cached: 0.025 },
  "gpt-4o": { input: 2.5, output: 10, cached: 1.25 },
  "gpt-4o-mini": { input: 0.15, output: 0.6, cached: 0.075 },
  "gpt-5": { input: 1.25, output: 10, cached: 0.125 },
  "gpt-5-codex": { input: 1.25, output: 10, cached: 0.125 },
  "gpt-5-mini": { input: 0.25, output: 2, cached: 0.025 },
  "gpt-5-nano": { input: 0.05, output: 0.4, cached: 0.005 },
  "gpt-5.1": { input: 1.25, output: 10, cached: 0.125 },
  "gpt-5.1-codex": { input: 1.25, output: 10, cached: 0.125 },
  o1: { input: 15, output: 60, cached: 7.5 },
  "o1-mini": { input: 1.1, output: 4.4, cached: 0.55 },
  o3: { input: 2, output: 8, cached: 0.5 },
  "o3-mini": { input: 1.1, output: 4.4, cached: 0.55 },
  "o3-pro": { input: 20, output: 80 },
  "o4-mini": { input: 1.1, output: 4.4, cached: 0.275 },
};

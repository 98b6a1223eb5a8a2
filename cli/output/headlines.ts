/** The figures that people ask for first, one line each, with their change against the period before. */
import type { Answer, Ended, Query } from "../../shared/protocol/query.ts";
import { countText, durationText, numberText, percentText, usdText } from "../../shared/text/format.ts";
import { listCostText, tokensText } from "../../shared/text/lower-bound.ts";
import { comparisonTitle } from "../period.ts";
import { changeText, pointsText } from "./change.ts";

export interface Headline {
  readonly name: string;
  readonly text: string;
}

/** Lines without data are left out. `isShort`: without naming the period before. */
export function headlines(query: Query, answer: Answer, isShort = false): readonly Headline[] {
  const { total, before } = answer;
  const { runs, calls, turns, refused, cost, tokens, sessions, waitingMs } = total;
  const was = before?.total;
  const against = comparisonTitle(query.period.period, query.compare ?? "previous", answer);
  const versus = (change: string) => (change === "" ? "" : `, ${change}${isShort ? "" : ` against ${against}`}`);
  const lines: Headline[] = [];
  if (runs.count > 0) {
    const change = changeText(waitingMs, was?.waitingMs ?? null, runs.count, was?.runs.count ?? 0);
    // Imported commands have no durations.
    if (runs.timed > 0) lines.push({ name: "Waiting", text: `${durationText(waitingMs)}${versus(change)}` });
    lines.push({ name: "Commands", text: `${countText(runs.count, "run")}, ${failedText(runs, was?.runs)}` });
  }
  if (calls.count + turns > 0) {
    const parts = [countText(calls.count, "tool call"), failedText(calls, was?.calls)];
    if (refused > 0) parts.push(`${numberText(refused)} refused`);
    if (turns > 0) parts.push(countText(turns, "turn"));
    lines.push({ name: "Agents", text: parts.join(", ") });
  }
  if (tokens.input + tokens.output > 0 || cost.reportedUsd !== null) {
    const change = changeText(cost.listUsd, was?.cost.listUsd ?? null, total.requests, was?.requests ?? 0);
    const price = cost.listUsd === null ? "no list price" : `${listCostText(total)} at list prices`;
    const reported = cost.reportedUsd === null ? "" : `, ${usdText(cost.reportedUsd)} reported by agents`;
    lines.push({
      name: "Cost",
      text: `${price}${reported}, ${tokensText(total)} tokens${versus(change)}`,
    });
  }
  if (sessions !== null) lines.push({ name: "Sessions", text: numberText(sessions) });
  return lines;
}

/** "4% failed (3% to 5%), ▲ 2 points". */
export function failedText({ failure }: Ended, before: Ended | undefined): string {
  if (failure === null) return "no outcome known";
  const { rate, low, high, sample } = failure;
  const was = before?.failure ?? null;
  const change = pointsText(rate, was?.rate ?? null, sample, was?.sample ?? 0);
  const range = sample < 10 ? "" : ` (${percentText(low)} to ${percentText(high)})`;
  return `${percentText(rate)} failed${range}${change === "" ? "" : `, ${change}`}`;
}

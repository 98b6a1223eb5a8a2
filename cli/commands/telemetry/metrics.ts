/** `nexus telemetry metrics`: personal usage metrics (analytics design, section 5.1). */
import type { Metrics } from "../../../shared/protocol/reports.ts";
import { durationText, numberText, percentText } from "../../../shared/text/format.ts";
import { nothingText, printIfOff } from "../../output/nothing.ts";
import { definitionList, type JsonOption, print, printJson } from "../../output/print.ts";
import { heading, styled } from "../../output/terminal.ts";
import { type PeriodOptions, periodTitle, selectionOf } from "../../period.ts";
import { withFreshReader } from "../../runtime.ts";

/** 1,234,567 → "1.2M". */
function shortNumber(value: number): string {
  if (value >= 1_000_000) return `${(value / 1_000_000).toFixed(1)}M`;
  return value >= 10_000 ? `${(value / 1_000).toFixed(1)}K` : numberText(value);
}

function section(title: string, rows: readonly (readonly [string, string])[]): string {
  return rows.length === 0 ? "" : `\n${styled("bold", `${title}:`)}\n${definitionList(rows, "  ")}`;
}

const shares = (rows: Metrics["commands"], all: number) =>
  rows.map(
    ({ name, count }) => [name, `${numberText(count)} (${percentText(all === 0 ? null : count / all, 1)})`] as const,
  );

const calls = (rows: Metrics["tools"]) => rows.map(({ name, count }) => [name, `${numberText(count)} calls`] as const);

/** What only some agents report. */
function writesAndReasoning({ cacheWrite5m, cacheWrite1h, reasoning }: Metrics["tokens"]) {
  const rows = [
    ["Cache writes", cacheWrite5m + cacheWrite1h],
    ["Reasoning", reasoning],
  ] as const;
  return rows.filter(([, count]) => count > 0).map(([name, count]) => [name, shortNumber(count)] as const);
}

function costText({ usd, pricesAsOf, unpriced }: Metrics["cost"]): string {
  const known = usd === null ? "" : `$${usd.toFixed(2)} (list prices of ${pricesAsOf})`;
  const rest = unpriced.map(({ model }) => model).join(", ");
  if (rest === "") return known === "" ? "–" : known;
  return known === "" ? `not priced (${rest})` : `${known}; not priced: ${rest}`;
}

export function run({ json, ...period }: PeriodOptions & JsonOption): Promise<void> {
  const selection = selectionOf(period);
  return withFreshReader((reader) => {
    const found = reader.metrics(selection);
    if (json === true) {
      printJson({ version: 2, ...found });
      return;
    }
    const { queries, profiles, tokens } = found;
    const profiled = profiles.reduce((sum, { count }) => sum + count, 0);
    print(heading(`Personal Usage Metrics (${periodTitle(found.period, found.fromMs, found.toMs)})`));
    print(
      `\n${definitionList([
        ["Sessions", numberText(found.sessions)],
        ["Total Queries", numberText(queries)],
        ["Total Duration", durationText(found.totalMs)],
      ])}`,
    );
    print(
      [
        section("Command Usage", shares(found.commands, queries)),
        section("Profile Usage", shares(profiles, profiled)),
        section("ThinkTool Usage", calls(found.thinktools)),
        section("Tool Usage", calls(found.tools)),
        section("Performance", [
          ["Avg Latency", found.averageMs === null ? "–" : `${numberText(found.averageMs)}ms`],
          ["Success Rate", percentText(found.successRate, 1)],
          ["Cache Hit", percentText(found.cacheHitRate, 1)],
        ]),
        section("Tokens Used", [
          ["Input", shortNumber(tokens.input)],
          ["Output", shortNumber(tokens.output)],
          ["Cached", shortNumber(tokens.cached)],
          ...writesAndReasoning(tokens),
          ["Est. Cost", costText(found.cost)],
          ...(found.cost.reportedUsd === null
            ? []
            : [["Reported by agents", `$${found.cost.reportedUsd.toFixed(2)}`] as const]),
        ]),
      ]
        .filter((text) => text !== "")
        .join("\n"),
    );
    if (queries === 0) print(`\n${nothingText(reader)}`);
    else printIfOff(reader);
  });
}

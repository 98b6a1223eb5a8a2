/** `nexus insights`: insights with their evidence and advice. */

import { textOf } from "../../shared/protocol/message.ts";
import type { Insight } from "../../shared/protocol/reports.ts";
import { countText } from "../../shared/text/format.ts";
import {
  type InsightFilter,
  insightCards,
  insightFilters,
  insightText,
  matchesFilter,
  subjectText,
} from "../../shared/text/insights.ts";
import { type CsvOption, printCsv } from "../output/csv.ts";
import { nothingText, printIfOff } from "../output/nothing.ts";
import { type JsonOption, print, printJson } from "../output/print.ts";
import { heading, styled, wrapped } from "../output/terminal.ts";
import { type PeriodOptions, periodTitle, selectionOf } from "../period.ts";
import { withFreshReader } from "../runtime.ts";

type InsightOptions = PeriodOptions & JsonOption & CsvOption & { readonly [F in InsightFilter]?: boolean };

/** The output is English, in JSON too. */
function englishText(insight: Insight) {
  const { sentence, evidence, advice, why } = insightText(insight);
  return {
    sentence: textOf(sentence),
    evidence: evidence.map((fact) => textOf(fact)),
    advice: textOf(advice),
    why: textOf(why),
  };
}

export function run({ json, csv, slow, errors, agents, ...period }: InsightOptions): Promise<void> {
  const selection = selectionOf(period);
  const flags = { slow, errors, agents };
  const filters = insightFilters.filter((name) => flags[name] === true);
  return withFreshReader(async (reader) => {
    const found = reader.insights(selection);
    const shown = found.insights.filter((insight) => matchesFilter(insight, filters));
    if (json === true) {
      const texts = shown.map((insight) => ({ ...insight, ...englishText(insight) }));
      printJson({ version: 1, ...found, filters, insights: texts });
      return;
    }
    if (csv === true) {
      const rows = shown.map((insight) => ({ ...insight, sentence: englishText(insight).sentence }));
      await printCsv(rows, { id: "", kind: "", subject: "", agent: "", score: "", evidence: "", sentence: "" });
      return;
    }
    print(heading(`Insights (${periodTitle(found.period, found.fromMs, Date.now())})`));
    if (found.runs === 0) {
      print(nothingText(reader));
      return;
    }
    if (shown.length === 0) {
      print(
        `No insights${filters.length > 0 ? ` (${filters.join(", ")})` : ""} in ${countText(found.runs, "command")}.`,
      );
      print(wrapped("Insights need at least ten runs of a command and a statistically significant difference."));
    }
    for (const [n, { main, others }] of insightCards(shown).entries()) {
      const { sentence, evidence, advice, why } = englishText(main);
      print(`\n${n + 1}. ${styled("bold", sentence)}`);
      for (const fact of evidence) print(wrapped(fact, "   "));
      print(wrapped(`→ ${advice}`, "   "));
      if (others.length > 0) print(wrapped(`Also: ${others.map(subjectText).join(", ")}.`, "   "));
      print(styled("dim", wrapped(`Why: ${why}`, "   ")));
    }
    printIfOff(reader);
  });
}

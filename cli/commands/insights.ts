/** `nexus insights`: what stands out, with the evidence under each sentence. */

import { countText } from "../../shared/text/format.ts";
import { type InsightFilter, insightFilters, insightText, matchesFilter } from "../../shared/text/insights.ts";
import { type JsonOption, print, printJson } from "../output/print.ts";
import { heading, styled, wrapped } from "../output/terminal.ts";
import { type PeriodOptions, periodTitle, selectionOf } from "../period.ts";
import { withFreshReader } from "../runtime.ts";

type InsightOptions = PeriodOptions & JsonOption & { readonly [F in InsightFilter]?: boolean };

export function run({ json, slow, errors, agents, ...chosen }: InsightOptions): Promise<void> {
  const selection = selectionOf(chosen);
  const given = { slow, errors, agents };
  const filters = insightFilters.filter((name) => given[name] === true);
  return withFreshReader((observer) => {
    const found = observer.insights(selection);
    const shown = found.insights.filter((insight) => matchesFilter(insight, filters));
    if (json === true) {
      const texts = shown.map((insight) => ({ ...insight, ...insightText(insight) }));
      printJson({ version: 1, ...found, filters, insights: texts });
      return;
    }
    print(heading(`Insights (${periodTitle(found.period, found.fromMs, Date.now())})`));
    if (shown.length === 0) {
      print(
        `Nothing stands out${filters.length > 0 ? ` among ${filters.join(" and ")}` : ""} in ${countText(found.runs, "command")}.`,
      );
      print(wrapped("An insight needs at least ten runs, and a difference that is more than chance."));
    }
    for (const [n, insight] of shown.entries()) {
      const { sentence, evidence, advice } = insightText(insight);
      print(`\n${n + 1}. ${styled("bold", sentence)}`);
      for (const fact of evidence) print(wrapped(fact, "   "));
      print(wrapped(`→ ${advice}`, "   "));
    }
  });
}

/** Firewall counts by reason and source. Values are never counted or displayed. */
import { html, type TemplateResult } from "lit-html";
import type { Status } from "../../shared/protocol/worker.ts";
import { countText, numberText } from "../../shared/text/format.ts";
import { sourceLabel } from "../../shared/text/labels.ts";
import { definitionList, listView } from "./definition-list.ts";

const namedCounts = (rows: readonly (readonly [string, number])[]) =>
  listView(
    rows.map(([name, count]) => `${name.replaceAll("_", " ")}: ${numberText(count)}`),
    "none",
  );
const reasonCounts = (rows: readonly { readonly reason: string; readonly count: number }[]) =>
  namedCounts(rows.map(({ reason, count }) => [reason, count]));

const sourceText = ({ source: name, accepted, refused }: Status["firewall"]["sources"][number]): string =>
  `${sourceLabel(name)}: ${numberText(accepted)} accepted${refused > 0 ? `, ${numberText(refused)} refused` : ""}`;

export function firewallPanel({ firewall }: Status): TemplateResult {
  return html`<section class="panel">
    <h2>Blocked by the firewall</h2>
    <p class="quiet">Since the worker started. Counts only, no values.</p>
    ${definitionList([
      ["Accepted", countText(firewall.accepted, "event")],
      ["Refused", reasonCounts(firewall.refused)],
      ["Fields dropped", reasonCounts(firewall.dropped)],
      ["Values redacted", namedCounts(firewall.redacted.map(({ rule, count }) => [rule, count]))],
      ["By source", listView(firewall.sources.map(sourceText), "no events yet")],
    ])}
  </section>`;
}

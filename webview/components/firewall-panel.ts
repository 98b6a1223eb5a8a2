/** What the firewall kept out: counted by reason, never by value. */
import { html, type TemplateResult } from "lit";
import type { Status } from "../../shared/protocol/worker.ts";
import { countText } from "../../shared/text/format.ts";
import { sourceLabel } from "../../shared/text/labels.ts";
import { definitionList, listView } from "./definition-list.ts";

const named = (rows: readonly (readonly [string, number])[]) =>
  listView(
    rows.map(([name, count]) => `${name.replaceAll("_", " ")}: ${count.toLocaleString("en-US")}`),
    "none",
  );
const counts = (rows: readonly { readonly reason: string; readonly count: number }[]) =>
  named(rows.map(({ reason, count }) => [reason, count]));

/** What the firewall did with the events of a source. */
const source = ({ source: name, accepted, refused }: Status["firewall"]["sources"][number]): string =>
  `${sourceLabel(name)}: ${accepted.toLocaleString("en-US")} accepted${refused > 0 ? `, ${refused.toLocaleString("en-US")} refused` : ""}`;

export function firewallPanel({ firewall }: Status): TemplateResult {
  return html`<section class="panel">
    <h2>What the firewall kept out</h2>
    <p class="quiet">Counted since the recorder of this window started, by reason and never by value.</p>
    ${definitionList([
      ["Accepted", countText(firewall.accepted, "event")],
      ["Refused", counts(firewall.refused)],
      ["Fields dropped", counts(firewall.dropped)],
      ["Values redacted", named(firewall.redacted.map(({ rule, count }) => [rule, count]))],
      ["By source", listView(firewall.sources.map(source), "nothing came in yet")],
    ])}
  </section>`;
}

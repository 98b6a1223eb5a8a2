/** Status: is it on, where is the data, what did the firewall do. */
import { html, type TemplateResult } from "lit";
import { notice } from "../shared/consent-text.ts";
import type { Status } from "../shared/protocol.ts";
import { countText, refusalSentence, sizeText } from "../shared/words.ts";
import type { Deeds, Model } from "./model.ts";

const time = (ms: number | null): string => (ms === null ? "never" : new Date(ms).toLocaleString());

function factsView(facts: readonly (readonly [string, unknown])[]): TemplateResult {
  return html`<dl class="facts">${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

const path = (text: string): TemplateResult => html`<span class="path">${text}</span>`;
const list = (lines: readonly string[], none: string) =>
  lines.length === 0 ? none : html`${lines.map((line) => html`<div>${line}</div>`)}`;
const named = (rows: readonly (readonly [string, number])[]) =>
  list(
    rows.map(([name, count]) => `${name.replaceAll("_", " ")}: ${count.toLocaleString("en-US")}`),
    "none",
  );
const counts = (rows: readonly { readonly reason: string; readonly count: number }[]) =>
  named(rows.map(({ reason, count }) => [reason, count]));

/** What the firewall did with the events of a source. */
const source = ({ source: name, accepted, refused }: Status["firewall"]["sources"][number]): string =>
  `${name.replaceAll("_", " ")}: ${accepted.toLocaleString("en-US")} accepted${refused > 0 ? `, ${refused.toLocaleString("en-US")} refused` : ""}`;

export function statusView({ state }: Model, { tell }: Deeds): TemplateResult {
  const status = state?.status ?? null;
  if (state === null || status === null) {
    return html`<div class="panel empty">
      <h2>${state?.permission.consent === "never_asked" ? "Nothing runs" : "Not known at present"}</h2>
      <p class="quiet">${
        state?.permission.consent === "never_asked"
          ? "You have not been asked yet, so there is no recorder, no database and no file."
          : "The recorder has not answered yet."
      }</p>
    </div>`;
  }
  const { database, firewall } = status;
  const permission = status.permission ?? state.permission;
  return html`
    <section class="panel">
      <h2>Telemetry status</h2>
      ${factsView([
        ["Enabled", permission.mode === "off" ? "false" : "true"],
        ["Mode", permission.mode],
        ["Decided", time(status.decidedMs)],
        ["May record", permission.collect.map((name) => notice.categories[name].title).join(", ") || "nothing"],
        ["Who says no", list(permission.refusals.map(refusalSentence), "nobody")],
        ["May share", permission.share.map((name) => notice.categories[name].title).join(", ") || "nothing"],
        ["Destination", status.sharing?.destination ?? "none"],
        ["Remarks", list(status.remarks, "none")],
      ])}
    </section>
    <section class="panel">
      <h2>Database</h2>
      ${
        database === null
          ? factsView([
              [
                "File",
                html`${path(status.databasePath)} ${status.problem === null ? "(not there)" : "(cannot be read)"}`,
              ],
              ["Configuration", path(status.configPath)],
            ])
          : factsView([
              ["File", path(database.path)],
              ["Size", sizeText(database.sizeBytes)],
              ["Events stored", database.events.toLocaleString("en-US")],
              ["Sessions", database.sessions.toLocaleString("en-US")],
              [
                "Missing between them",
                database.missing === 0
                  ? "none"
                  : `${countText(database.missing, "event")}, refused by the firewall or lost`,
              ],
              ["Oldest", time(database.oldestMs)],
              ["Newest", time(database.newestMs)],
              ["Last stored by this window", time(status.lastStoredMs)],
              ["Driver", database.driver],
              ["Configuration", path(status.configPath)],
            ])
      }
    </section>
    <section class="panel">
      <h2>Firewall of this window</h2>
      <p class="quiet">Counted since the recorder started, by reason and never by value.</p>
      ${factsView([
        ["Accepted", countText(firewall.accepted, "event")],
        ["Refused", counts(firewall.refused)],
        ["Fields dropped", counts(firewall.dropped)],
        ["Values redacted", named(firewall.redacted.map(({ rule, count }) => [rule, count]))],
        ["By source", list(firewall.sources.map(source), "nothing came in yet")],
      ])}
    </section>
    <button class="second" @click=${() => tell({ do: "showLog" })}>Show log</button>
  `;
}

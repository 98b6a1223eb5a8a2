/** Status: is it on, who says no, where is the data. */
import { html, type TemplateResult } from "lit";
import { notice } from "../../shared/consent/notice.ts";
import { countText, refusalSentence, sizeText } from "../../shared/text/format.ts";
import { definitionList, listView, pathView, timeText } from "../components/definition-list.ts";
import type { Actions, ViewState } from "../state.ts";

export function statusTab({ state }: ViewState, { post }: Actions): TemplateResult {
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
  const { database } = status;
  const permission = status.permission ?? state.permission;
  return html`
    <section class="panel">
      <h2>Telemetry status</h2>
      ${definitionList([
        ["Enabled", permission.mode === "off" ? "false" : "true"],
        ["Mode", permission.mode],
        ["Decided", timeText(status.decidedMs)],
        ["May record", permission.collect.map((name) => notice.categories[name].title).join(", ") || "nothing"],
        ["Who says no", listView(permission.refusals.map(refusalSentence), "nobody")],
        ["May share", permission.share.map((name) => notice.categories[name].title).join(", ") || "nothing"],
        ["Destination", status.sharing?.address ?? "none"],
        ["Remarks", listView(status.notes, "none")],
      ])}
    </section>
    <section class="panel">
      <h2>Database</h2>
      ${
        database === null
          ? definitionList([
              [
                "File",
                html`${pathView(status.databasePath)} ${status.problem === null ? "(not there)" : "(cannot be read)"}`,
              ],
              ["Configuration", pathView(status.configPath)],
            ])
          : definitionList([
              ["File", pathView(database.path)],
              ["Size", sizeText(database.sizeBytes)],
              ["Events stored", database.events.toLocaleString("en-US")],
              ["Sessions", database.sessions.toLocaleString("en-US")],
              [
                "Missing between them",
                database.missing === 0
                  ? "none"
                  : `${countText(database.missing, "event")}, refused by the firewall or lost`,
              ],
              ["Oldest", timeText(database.oldestMs)],
              ["Newest", timeText(database.newestMs)],
              ["Last stored by this window", timeText(status.lastStoredMs)],
              ["Driver", database.driver],
              ["Configuration", pathView(status.configPath)],
            ])
      }
    </section>
    <button class="second" @click=${() => post({ type: "showLog" })}>Show log</button>
  `;
}

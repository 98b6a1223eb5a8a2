/** The section "Status": mode, active refusals, and the database. */

import { html, nothing, type TemplateResult } from "lit-html";
import { categoryTexts } from "../../shared/consent/notice.ts";
import { countText, numberText, sizeText } from "../../shared/text/format.ts";
import { refusalMessage } from "../../shared/text/sentences.ts";
import { definitionList, listView, pathView, timeText } from "../components/definition-list.ts";
import type { Actions, ViewState } from "../state.ts";
import { translated } from "../translate.ts";

export function statusTab({ state }: ViewState, { post, go }: Actions): TemplateResult {
  const status = state?.status ?? null;
  if (state === null || status === null) {
    return html`<div class="panel empty">
      <h2>${state?.permission.consent === "never_asked" ? "Not running" : "Status unavailable"}</h2>
      <p class="quiet">${
        state?.permission.consent === "never_asked"
          ? "You have not chosen yet, so there is no worker, database or file."
          : "Waiting for the worker."
      }</p>
      ${state?.permission.consent === "never_asked" ? html`<button @click=${() => go({ section: "privacy" })}>Choose what to record</button>` : nothing}
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
        ["May record", permission.collect.map((name) => categoryTexts[name].title).join(", ") || "nothing"],
        [
          "Blocked by",
          listView(
            permission.refusals.map((refusal) => translated(refusalMessage(refusal))),
            "none",
          ),
        ],
        ["May share", permission.share.map((name) => categoryTexts[name].title).join(", ") || "nothing"],
        ["Destination", status.sharing?.address ?? "none"],
        ["Notes", listView(status.notes.map(translated), "none")],
      ])}
    </section>
    <section class="panel">
      <h2>Database</h2>
      ${
        database === null
          ? definitionList([
              [
                "File",
                html`${pathView(status.databasePath)} ${status.problem === null ? "(does not exist)" : "(not readable)"}`,
              ],
              ["Configuration", pathView(status.configPath)],
            ])
          : definitionList([
              ["File", pathView(database.path)],
              ["Size", sizeText(database.sizeBytes)],
              ["Events stored", numberText(database.events)],
              ["Sessions", numberText(database.sessions)],
              [
                "Sequence gaps",
                database.missing === 0
                  ? "none"
                  : `${countText(database.missing, "event")} (refused by the firewall or lost)`,
              ],
              ["Oldest event", timeText(database.oldestMs)],
              ["Newest event", timeText(database.newestMs)],
              ["Last write of this window", timeText(status.lastStoredMs)],
              ["Driver", database.driver],
              ["Configuration", pathView(status.configPath)],
            ])
      }
    </section>
    <button class="second" @click=${() => post({ type: "showLog" })}>Show log</button>
  `;
}

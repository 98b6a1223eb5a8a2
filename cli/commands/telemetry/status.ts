/** `nexus telemetry status`: the mode, active opt-outs, stored data and pending uploads. */

import type { Permission } from "../../../shared/consent/consent.ts";
import { categoryTexts } from "../../../shared/consent/notice.ts";
import { textOf, textsOf } from "../../../shared/protocol/message.ts";
import type { Status } from "../../../shared/protocol/worker.ts";
import { countText, dateTimeText, numberText, sizeText } from "../../../shared/text/format.ts";
import { erasuresMessages, modeMessage, pendingText, refusalMessage } from "../../../shared/text/sentences.ts";
import { statusJson } from "../../output/message-json.ts";
import { definitionList, type JsonOption, print, printJson } from "../../output/print.ts";
import { heading } from "../../output/terminal.ts";
import { withReader } from "../../runtime.ts";

function enabledText(permission: Permission | null): string {
  if (permission === null) return "unknown";
  if (permission.mode !== "off") return "true";
  return permission.consent === "never_asked" ? "false (opt-in required)" : "false";
}

/** The line of the analytics design, section 5.1. */
function cloudSyncText({ permission, sharing }: Status): string {
  if (permission?.mode === "share") {
    const when = permission.automatic ? "automatic" : "on request";
    const state = sharing === null || sharing.paused === null ? "enabled" : "paused";
    return `${state} (${when}, ${sharing?.destination ?? "no destination"}, upload schema ${sharing?.schema ?? 1})`;
  }
  if (permission === null) return "unknown";
  if (permission.agreedShare.length > 0) return "disabled (blocked, see below)";
  return "disabled (you have not consented to sharing)";
}

export function run({ json }: JsonOption): Promise<void> {
  return withReader((reader) => {
    const status = reader.status();
    if (json === true) {
      printJson({ version: 2, ...statusJson(status) });
      return;
    }
    const { permission, database, sharing } = status;
    const rows: (readonly [string, string])[] = [
      ["Enabled", enabledText(permission)],
      ["Mode", permission === null ? "unknown" : textOf(modeMessage(permission))],
      ["Decided", dateTimeText(status.decidedMs)],
      ["May record", permission?.collect.map((name) => categoryTexts[name].title).join(", ") || "nothing"],
      ["May share", permission?.share.map((name) => categoryTexts[name].title).join(", ") || "nothing"],
      [
        "Database",
        database === null
          ? `${status.databasePath} (not available)`
          : `${database.path} (${sizeText(database.sizeBytes)})`,
      ],
    ];
    rows.push(
      ["Events Stored", numberText(database?.events ?? 0)],
      ["Last Flush", dateTimeText(database?.newestMs ?? null)],
      ["Cloud Sync", cloudSyncText(status)],
    );
    if (sharing !== null) {
      rows.push(["Destination", sharing.destination ?? "none"]);
      if (permission?.mode === "share") {
        rows.push(["Pending", `${pendingText(sharing.pending)}, ${sharing.waiting} in the outbox`]);
        rows.push(["Last synced", dateTimeText(sharing.syncedMs)]);
      }
      if (sharing.paused !== null) rows.push(["Paused", textOf(sharing.paused)]);
      else if (sharing.failure !== null) rows.push(["Waiting", textsOf(sharing.failure)]);
      if (sharing.rejected > 0)
        rows.push([
          "Refused",
          `${countText(sharing.rejected, "batch", "batches")} (to retry: nexus usage upload --rejected)`,
        ]);
      if (sharing.erasures > 0)
        rows.push([
          "Erasures",
          erasuresMessages(sharing)
            .map((one) => textOf(one))
            .join(", "),
        ]);
    }
    print(heading("Telemetry Status"));
    print(definitionList(rows));
    for (const refusal of permission?.refusals ?? []) print(textOf(refusalMessage(refusal)));
    for (const note of status.notes) print(textOf(note));
    if (status.problem !== null) print(`Problem: ${textOf(status.problem.message)}`);
  });
}

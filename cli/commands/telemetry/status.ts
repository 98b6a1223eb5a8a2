/** `nexus telemetry status`: whether it is on, who says no, what is stored and what waits to be sent. */
import type { Permission } from "../../../shared/consent/consent.ts";
import { notice } from "../../../shared/consent/notice.ts";
import {
  countText,
  erasuresText,
  modeSentence,
  pendingText,
  refusalSentence,
  sizeText,
} from "../../../shared/text/format.ts";
import { definitionList, type JsonOption, print, printJson, timeText } from "../../output/print.ts";
import { heading } from "../../output/terminal.ts";
import { withReader } from "../../runtime.ts";

function enabledText(permission: Permission | null): string {
  if (permission === null) return "not known";
  if (permission.mode !== "off") return "true";
  return permission.consent === "never_asked" ? "false (opt-in required)" : "false";
}

export function run({ json }: JsonOption): Promise<void> {
  return withReader((observer) => {
    const status = observer.status();
    if (json === true) {
      printJson({ version: 2, ...status });
      return;
    }
    const { permission, database, sharing } = status;
    const rows: (readonly [string, string])[] = [
      ["Enabled", enabledText(permission)],
      ["Mode", permission === null ? "not known" : modeSentence(permission)],
      ["Decided", timeText(status.decidedMs)],
      ["May record", permission?.collect.map((name) => notice.categories[name].title).join(", ") || "nothing"],
      ["May share", permission?.share.map((name) => notice.categories[name].title).join(", ") || "nothing"],
      [
        "Database",
        database === null ? `${status.databasePath} (not there)` : `${database.path} (${sizeText(database.sizeBytes)})`,
      ],
    ];
    if (database !== null) rows.push(["Events stored", database.events.toLocaleString("en-US")]);
    if (sharing !== null) {
      rows.push(["Last stored", timeText(database?.newestMs ?? null)]);
      rows.push(["Destination", sharing.destination ?? "none"]);
      if (permission?.mode === "share") {
        rows.push(["Pending", `${pendingText(sharing.pending)}, ${sharing.waiting} of them in the outbox`]);
        rows.push(["Last synced", timeText(sharing.syncedMs)]);
      }
      if (sharing.paused !== null) rows.push(["Paused", sharing.paused]);
      else if (sharing.failure !== null) rows.push(["Waiting", sharing.failure]);
      if (sharing.rejected > 0)
        rows.push([
          "Refused",
          `${countText(sharing.rejected, "batch", "batches")} (nexus usage upload --rejected tries again)`,
        ]);
      if (sharing.erasures > 0) rows.push(["Erasures", erasuresText(sharing)]);
    }
    print(heading("Telemetry Status"));
    print(definitionList(rows));
    for (const refusal of permission?.refusals ?? []) print(refusalSentence(refusal));
    for (const remark of status.notes) print(remark);
    if (status.problem !== null) print(`Problem: ${status.problem.text}`);
  });
}

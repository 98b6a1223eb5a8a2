/** `nexus telemetry delete`: deletes all stored data and verifies it. Keeps the consent. */

import { existsSync } from "node:fs";
import { textOf } from "../../../shared/protocol/message.ts";
import { countText, sizeText } from "../../../shared/text/format.ts";
import { deletedSettingsMessage, proofMessage } from "../../../shared/text/sentences.ts";
import { ReportedError, UsageError } from "../../exit.ts";
import { definitionList, type JsonOption, print, printJson } from "../../output/print.ts";
import { confirmed, isAttended } from "../../output/terminal.ts";
import { paths, withService } from "../../runtime.ts";

interface DeleteOptions extends JsonOption {
  readonly confirm?: boolean;
}

export function run({ confirm, json }: DeleteOptions): Promise<void> {
  return withService(async (service) => {
    const { database, problem } = service.reader.status();
    if (database === null && problem !== null) throw new ReportedError(textOf(problem.message));
    if (database === null && !existsSync(paths.stateFolder)) {
      print(json === true ? JSON.stringify({ version: 1, events: 0 }) : "No data to delete.");
      return;
    }
    // Without a database there may still be event logs and backups of agents' settings.
    if (confirm !== true && !(await isSure(database?.events ?? 0, database?.sizeBytes ?? 0))) {
      print("Nothing was deleted.");
      return;
    }
    const erased = service.purge();
    if (json === true) printJson({ version: 1, ...erased });
    else {
      print(`Deleted ${countText(erased.events, "event")}. Freed ${sizeText(erased.freedBytes)}.`);
      const proof = proofMessage(erased.searched, erased.copies);
      if (proof !== null && erased.searched > 0) print(textOf(proof));
      if (erased.agentSettings > 0) print(textOf(deletedSettingsMessage));
    }
  });
}

async function isSure(events: number, sizeBytes: number): Promise<boolean> {
  print("This will permanently delete all telemetry data. Consent is not affected.\n");
  print(
    definitionList([
      ["Events to be deleted", events.toLocaleString("en-US")],
      ["Database size", sizeText(sizeBytes)],
    ]),
  );
  if (!isAttended()) throw new UsageError("Not a terminal: use --confirm.");
  return confirmed("\nAre you sure?");
}

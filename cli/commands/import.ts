/** `nexus import`: imports an export, lists imports, or undoes one. */
import { resolve } from "node:path";
import type { ExportImporter, ImportPlan, PlannedOrigin } from "../../server/worker/importer.ts";
import { textOf } from "../../shared/protocol/message.ts";
import { countText, dateTimeText, numberText } from "../../shared/text/format.ts";
import { sourceLabel } from "../../shared/text/labels.ts";
import { proofMessage } from "../../shared/text/sentences.ts";
import { UsageError } from "../exit.ts";
import { definitionList, type JsonOption, print, printJson, progressLine } from "../output/print.ts";
import { table } from "../output/table.ts";
import { confirmed, isAttended } from "../output/terminal.ts";
import { withService } from "../runtime.ts";

interface ImportOptions extends JsonOption {
  readonly list?: boolean;
  readonly undo?: number;
  readonly yes?: boolean;
}

export function run(file: string | undefined, options: ImportOptions): Promise<void> {
  const { list, undo } = options;
  if ([file, list, undo].filter((one) => one !== undefined).length !== 1)
    throw new UsageError("Use one of: the file of an export, --list, --undo NUMBER.");
  return withService(async (_service, core) => {
    const { ExportImporter } = await import("../../server/worker/importer.ts");
    const importer = new ExportImporter(core);
    if (file !== undefined) await importFile(importer, resolve(file), options);
    else if (undo !== undefined) await undoImport(importer, undo, options);
    else printList(importer, options);
  });
}

function printList(importer: ExportImporter, { json }: ImportOptions): void {
  const origins = importer.list();
  if (json === true) printJson({ version: 1, imports: origins });
  else if (origins.length === 0) print("Nothing was imported yet.");
  else {
    const rows = origins.map(({ id, name, asOfMs, importedMs, events, sessions, complete }) => [
      String(id),
      name.slice(0, 8),
      dateTimeText(asOfMs),
      `${dateTimeText(importedMs)}${complete ? "" : " (interrupted)"}`,
      numberText(events),
      numberText(sessions),
    ]);
    print(table(["Number", "From", "Exported", "Imported", "Events", "Sessions"], rows));
    print("\nTo remove one: nexus import --undo NUMBER");
  }
}

const actions: Readonly<Record<PlannedOrigin["action"], string>> = {
  import: "new",
  replace: "replaces an older import of it",
  restore: "this machine's own data: restores what is older than its first recorded hour",
  skip: "already imported; skipped",
};

function rowsOf({ name, action, events, sessions, totals, firstMs, lastMs }: PlannedOrigin) {
  const period = firstMs === null || lastMs === null ? "" : `, ${dateTimeText(firstMs)} to ${dateTimeText(lastMs)}`;
  const amount = `${countText(events, "event")}, ${countText(sessions, "session")}, ${countText(totals, "hourly total")}`;
  const isNothing = events + sessions + totals === 0;
  const text = isNothing
    ? "this machine's own data; nothing of it is missing here"
    : `${amount}${period} (${actions[action]})`;
  return [`From ${name.slice(0, 8)}`, text] as const;
}

async function importFile(importer: ExportImporter, file: string, { yes, json }: ImportOptions): Promise<void> {
  const plan = await importer.plan(file);
  const isNew = plan.origins.some(({ action }) => action !== "skip");
  if (json !== true) printPlan(plan);
  if (!isNew) {
    if (json === true) printJson({ version: 1, origins: plan.origins, imported: null });
    else print("Nothing to import.");
    return;
  }
  if (yes !== true) {
    if (!isAttended() || json === true) throw new UsageError("Not a terminal: use --yes.");
    if (!(await confirmed("\nImport this?"))) {
      print("Nothing was imported.");
      return;
    }
  }
  const imported = await importer.import(plan, (done, total) =>
    progressLine(`Imported ${numberText(done)} of ${numberText(total)} rows`),
  );
  progressLine("");
  if (json === true) {
    printJson({ version: 1, origins: plan.origins, imported });
    return;
  }
  const { events, sessions, totals, repeated, expired } = imported;
  print(
    `Imported ${countText(events, "event")}, ${countText(sessions, "session")} and ${countText(totals, "hourly total")}.`,
  );
  if (repeated > 0) print(`${countText(repeated, "event")} already stored.`);
  if (expired > 0)
    print(`${countText(expired, "event")} older than the retention period: only their totals were imported.`);
  print("Imported data is never shared. To undo: nexus import --undo NUMBER (see nexus import --list)");
}

function printPlan({ file, exportedMs, productVersion, origins, unknownValues, historyOf }: ImportPlan): void {
  print(`${file}: exported ${dateTimeText(exportedMs)} by version ${productVersion}.`);
  if (origins.length > 0) print(definitionList(origins.map(rowsOf)));
  if (origins.some(({ action }) => action !== "skip"))
    print("Data from it that you deleted here is imported again. To remove it afterwards: nexus import --undo NUMBER");
  if (historyOf.length > 0)
    print(
      `Left out: history from the files of ${historyOf.map((agent) => sourceLabel(agent)).join(", ")}. Import it from those files: nexus agents import or nexus shell import`,
    );
  if (unknownValues > 0) print(`${countText(unknownValues, "value")} unknown to this version will be left out.`);
}

async function undoImport(importer: ExportImporter, id: number, { yes, json }: ImportOptions): Promise<void> {
  const found = importer.list().find((origin) => origin.id === id);
  if (found === undefined) throw new UsageError(`There is no import with number ${id}. See nexus import --list.`);
  if (yes !== true) {
    if (!isAttended()) throw new UsageError("Not a terminal: use --yes.");
    const amount = `${countText(found.events, "event")} and ${countText(found.sessions, "session")}`;
    if (!(await confirmed(`Remove the import of ${dateTimeText(found.importedMs)} with ${amount}?`))) {
      print("Nothing was removed.");
      return;
    }
  }
  const undone = importer.undo(id);
  if (json === true) printJson({ version: 1, ...undone });
  else {
    print(`Removed ${countText(undone.events, "event")} and their totals. What this machine recorded is unchanged.`);
    const proof = undone.searched === 0 ? null : proofMessage(undone.searched, undone.copies);
    if (proof !== null) print(textOf(proof));
  }
}

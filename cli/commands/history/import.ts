/** Imports histories that agents or shells keep on disk, shows what it would import, or removes it. */
import { homedir } from "node:os";
import type { HistoryImporter, ImportedHistory, PlannedHistory } from "../../../server/worker/history-importer.ts";
import { textOf } from "../../../shared/protocol/message.ts";
import { countText, dayText, numberText, sizeText } from "../../../shared/text/format.ts";
import { limitsOf } from "../../../shared/text/history-texts.ts";
import { sourceLabel } from "../../../shared/text/labels.ts";
import { proofMessage } from "../../../shared/text/sentences.ts";
import type { HistoryName } from "../../../shared/vocabulary/history-names.ts";
import { oneNamed } from "../../agents.ts";
import { UsageError } from "../../exit.ts";
import { type JsonOption, print, printError, printJson, progressLine } from "../../output/print.ts";
import { confirmed, isAttended, wrapped } from "../../output/terminal.ts";
import { importLogs, withService } from "../../runtime.ts";
import { readInChild } from "./child-database.ts";
import { historyProgress, printUnreadable, sourceText, withFiles } from "./history-sources.ts";

/** Whose histories a command imports, and its texts. */
export interface Kind {
  readonly command: string;
  /** The key of the JSON. */
  readonly key: "agents" | "shells";
  readonly names: readonly HistoryName[];
  /** What is kept of them, and what is not. */
  readonly kept: readonly string[];
  /** How many records a plan has, and how exact they are. */
  readonly recordsText: (plan: PlannedHistory) => string;
  /** The command that shows what was imported. */
  readonly report: string;
}

export interface ImportOptions extends JsonOption {
  readonly preview?: boolean;
  readonly undo?: boolean;
  readonly includeDeleted?: boolean;
  readonly yes?: boolean;
}

/** @throws UsageError */
export function runImport(kind: Kind, names: readonly string[], options: ImportOptions): Promise<void> {
  if (options.preview === true && options.undo === true) throw new UsageError("Use either --preview or --undo.");
  if (options.undo === true && options.includeDeleted === true)
    throw new UsageError("--include-deleted cannot be used with --undo.");
  const wanted =
    names.length === 0 ? kind.names : names.map((name) => oneNamed(name, kind.names, kind.key.slice(0, -1)));
  return withService(async (service, core) => {
    const { HistoryImporter } = await import("../../../server/worker/history-importer.ts");
    const importer = new HistoryImporter(core);
    if (options.undo === true) return undo(importer, wanted, options);
    // What hooks reported was recorded live, even if no worker has read it yet.
    if (options.preview !== true) {
      importer.refuseWhileOff();
      await importLogs(service);
    }
    await importHistory(importer, kind, wanted, options);
  });
}

async function importHistory(
  importer: HistoryImporter,
  kind: Kind,
  wanted: readonly HistoryName[],
  options: ImportOptions,
): Promise<void> {
  const { preview = false, yes = false, json = false } = options;
  const isQuiet = json || !process.stderr.isTTY;
  const planned = importer.plan(
    wanted,
    homedir(),
    process.env,
    isQuiet ? () => undefined : historyProgress(),
    readInChild,
  );
  if (!isQuiet) progressLine("");
  const found = planned.filter(({ responses, tools }) => responses + tools > 0);
  if (!json) printPlan(kind, planned, found);
  const imported = preview || found.length === 0 ? null : await importFound(importer, kind, found, options);
  if (json) for (const { history } of planned) printUnreadable(history);
  if (json) printJson({ version: 1, [kind.key]: planned.map(planJson), imported });
  else if (imported !== null) printResult(kind, imported, found, importer.digests());
  else if (preview && found.length > 0) print(`\nNothing was imported. To import it: ${kind.command}`);
  else if (found.length > 0 && !yes) print("Nothing was imported.");
}

async function importFound(
  importer: HistoryImporter,
  kind: Kind,
  found: readonly PlannedHistory[],
  { yes = false, json = false, includeDeleted: named = false }: ImportOptions,
): Promise<readonly ImportedHistory[] | null> {
  if (!yes && (!isAttended() || json)) throw new UsageError("Not a terminal: use --yes, or --preview.");
  if (!yes && !(await confirmed("\nImport this history?"))) return null;
  const deletedUntilMs = Math.max(0, ...found.map((of) => of.deletedUntilMs ?? 0));
  const asks = deletedUntilMs > 0 && !named && !yes;
  const includeDeleted =
    named || (asks && (await confirmed(`You deleted data up to ${dayText(deletedUntilMs)}. Import that period too?`)));
  let isBegun = false;
  try {
    return await importer.import(found, includeDeleted, (done, total) => {
      isBegun = true;
      if (!json) progressLine(`Imported ${numberText(done)} of ${numberText(total)} records`);
    });
  } catch (error) {
    if (isBegun && !json) printError(`Import stopped. Imported records are kept. To continue: ${kind.command}`);
    throw error;
  } finally {
    if (!json) progressLine("");
  }
}

function planJson({ agent, history, ...plan }: PlannedHistory): object {
  const { files, bytes, skippedLines, unreadable, isCut } = history;
  return { agent, files, bytes, skippedLines, unreadable: unreadable.length, isCut, ...plan };
}

function printPlan(kind: Kind, planned: readonly PlannedHistory[], found: readonly PlannedHistory[]): void {
  const { found: present, noFiles } = withFiles(planned, ({ history }) => history);
  for (const plan of present) {
    const { history, responses, tools } = plan;
    print(wrapped(sourceText(history)));
    if (responses + tools > 0) print(`${wrapped(planText(kind, plan))}\n`);
    printUnreadable(history);
  }
  for (const line of noFiles) print(wrapped(line));
  if (found.length === 0) {
    print("Nothing to import.");
    return;
  }
  const lines = [...kind.kept, `It stays on this machine and is never shared. To remove it: ${kind.command} --undo`];
  print(lines.map((line) => wrapped(line)).join("\n"));
}

function planText(kind: Kind, plan: PlannedHistory): string {
  const { agent, firstMs, lastMs, waiting, deleted, deletedUntilMs, importedMs } = plan;
  return [
    `${firstMs === null || lastMs === null ? "" : `${dayText(firstMs)} to ${dayText(lastMs)}: `}${kind.recordsText(plan)}`,
    ...(waiting === 0
      ? []
      : [`${countText(waiting, "record")} left out: younger than two minutes, in the future, or before 2020.`]),
    ...limitsOf(agent, sourceLabel(agent)),
    ...(importedMs === null ? [] : [`Imported last on ${dayText(importedMs)}; only what is new is added.`]),
    ...(deleted === 0
      ? []
      : [`${countText(deleted, "record")} up to ${dayText(deletedUntilMs ?? 0)} are of a period that you deleted.`]),
  ].join(" ");
}

function printResult(
  kind: Kind,
  imported: readonly ImportedHistory[],
  found: readonly PlannedHistory[],
  { count, bytes }: { readonly count: number; readonly bytes: number },
): void {
  for (const { agent, added, replaced, known, live, skipped, refused } of imported) {
    const parts = [
      `${countText(added, "record")} imported`,
      ...(replaced === 0 ? [] : [`${numberText(replaced)} completed`]),
      ...(known === 0 ? [] : [`${numberText(known)} imported before`]),
      ...(live === 0 ? [] : [`${numberText(live)} recorded live`]),
      ...(skipped === 0 ? [] : [`${numberText(skipped)} of a deleted period left out (--include-deleted)`]),
      ...(refused === 0 ? [] : [`${numberText(refused)} refused: their time or category is not recorded`]),
    ];
    print(wrapped(`${sourceLabel(agent)}: ${parts.join(", ")}.`));
  }
  print(wrapped(`To prevent duplicates, the database keeps ${countText(count, "digest")} (${sizeText(bytes)}).`));
  if (imported.every(({ added, replaced }) => added + replaced === 0)) return;
  const firstMs = Math.min(...found.map((plan) => plan.firstMs ?? Number.POSITIVE_INFINITY));
  if (Number.isFinite(firstMs)) print(`\nTo see it: ${kind.report} --since ${dayText(firstMs)}`);
}

async function undo(
  importer: HistoryImporter,
  wanted: readonly HistoryName[],
  { yes, json }: ImportOptions,
): Promise<void> {
  const imported = importer.imported();
  const found = wanted.filter((name) => imported.has(name));
  if (found.length > 0 && yes !== true) {
    if (!isAttended() || json === true) throw new UsageError("Not a terminal: use --yes.");
    const names = found.map((agent) => sourceLabel(agent)).join(", ");
    if (!(await confirmed(`Remove the imported history of ${names}? Data recorded live is kept.`))) {
      print("Nothing was removed.");
      return;
    }
  }
  const undone = found.map((agent) => ({ agent, ...importer.undo(agent) }));
  if (json === true) return printJson({ version: 1, undone });
  if (undone.length === 0) return print("No history was imported.");
  for (const { agent, searched, copies } of undone) {
    print(`Removed the imported history of ${sourceLabel(agent)}. Data recorded live is unchanged.`);
    const proof = searched === 0 ? null : proofMessage(searched, copies);
    if (proof !== null) print(wrapped(textOf(proof)));
  }
}

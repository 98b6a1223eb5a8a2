/** `nexus telemetry delete`: deletes all stored data, or a part of it, and verifies that. Keeps the consent. */

import { existsSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import type { TelemetryService } from "../../../server/worker/service.ts";
import { textOf } from "../../../shared/protocol/message.ts";
import type { EraseRequestSelection } from "../../../shared/protocol/worker.ts";
import { countText, numberText, sizeText } from "../../../shared/text/format.ts";
import { deletedSettingsMessage, proofMessage } from "../../../shared/text/sentences.ts";
import { ReportedError, UsageError } from "../../exit.ts";
import { definitionList, type JsonOption, print, printJson } from "../../output/print.ts";
import { confirmed, isAttended } from "../../output/terminal.ts";
import { type PeriodOptions, selectionOf } from "../../period.ts";
import { paths, withService } from "../../runtime.ts";

interface DeleteOptions extends JsonOption, PeriodOptions {
  readonly confirm?: boolean;
  readonly source?: string;
  readonly workspace?: string;
}

export function run(options: DeleteOptions): Promise<void> {
  const part = partOf(options);
  return withService((service) =>
    part === undefined ? deleteAll(service, options) : deletePart(service, part, options),
  );
}

/** Returns `undefined` if everything is to be deleted. @throws UsageError */
function partOf({
  source,
  workspace,
  confirm: _,
  json: __,
  ...period
}: DeleteOptions): EraseRequestSelection | undefined {
  const hasPeriod = Object.values(period).some((value) => value !== undefined);
  if (source === undefined && workspace === undefined && !hasPeriod) return undefined;
  return {
    source: source ?? null,
    workspace: workspace === undefined ? null : workspaceName(workspace),
    period: hasPeriod ? selectionOf(period) : null,
  };
}

/** A path on the command line is relative to the current folder; a name or a URI is taken as it is. */
const workspaceName = (text: string): string =>
  isAbsolute(text) || !(text.startsWith(".") || text.includes("/")) || URL.canParse(text) ? text : resolve(text);

async function deleteAll(service: TelemetryService, { confirm, json }: DeleteOptions): Promise<void> {
  const { database, problem } = service.reader.status();
  if (database === null && problem !== null) throw new ReportedError(textOf(problem.message));
  if (database === null && !existsSync(paths.stateFolder)) {
    print(json === true ? JSON.stringify({ version: 1, events: 0 }) : "No data to delete.");
    return;
  }
  // Without a database there may still be event logs and backups of agents' settings.
  if (confirm !== true) {
    print("This will permanently delete all telemetry data. Consent is not affected.\n");
    const amount = [
      ["Events to be deleted", numberText(database?.events ?? 0)],
      ["Database size", sizeText(database?.sizeBytes ?? 0)],
    ] as const;
    if (!(await isSure(amount))) return;
  }
  const erased = service.purge();
  if (json === true) printJson({ version: 1, ...erased });
  else {
    printErased(erased);
    if (erased.agentSettings > 0) print(textOf(deletedSettingsMessage));
  }
}

async function deletePart(
  service: TelemetryService,
  part: EraseRequestSelection,
  { confirm, json }: DeleteOptions,
): Promise<void> {
  const plan = service.planErasure(part);
  if (plan.events + plan.totals === 0) {
    if (json === true) printJson({ version: 1, events: 0, totals: 0 });
    else print("No stored data matches. Nothing was deleted.");
    return;
  }
  if (confirm !== true) {
    print("This will permanently delete a part of your telemetry data, and the request bodies in the upload ledger.\n");
    const amount = [
      ["Events to be deleted", `${numberText(plan.events)} of ${countText(plan.sessions, "session")}`],
      ["Totals to be deleted", numberText(plan.totals)],
      ["Size", `about ${sizeText(plan.bytes)}`],
    ] as const;
    if (!(await isSure(amount))) return;
  }
  const erased = await service.erasePart(part);
  if (json === true) printJson({ version: 1, ...erased, totals: plan.totals });
  else printErased({ ...erased, totals: plan.totals });
}

function printErased(erased: {
  readonly events: number;
  readonly sessions: number;
  /** Missing: all were deleted. */
  readonly totals?: number;
  readonly freedBytes: number;
  readonly searched: number;
  readonly copies: readonly string[];
}): void {
  const { events, sessions, totals, freedBytes } = erased;
  const amount = [countText(events, "event"), countText(sessions, "session")];
  const counted = totals === undefined ? "all totals" : countText(totals, "total");
  print(`Deleted ${amount.join(", ")} and ${counted}. Freed ${sizeText(freedBytes)}.`);
  const proof = proofMessage(erased.searched, erased.copies);
  if (proof !== null && erased.searched > 0) print(textOf(proof));
}

async function isSure(amount: readonly (readonly [string, string])[]): Promise<boolean> {
  print(definitionList(amount));
  if (!isAttended()) throw new UsageError("Not a terminal: use --confirm.");
  if (await confirmed("\nAre you sure?")) return true;
  print("Nothing was deleted.");
  return false;
}

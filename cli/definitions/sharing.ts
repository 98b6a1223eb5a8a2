/** `nexus sync`, `usage`, `ledger`, `consent` and `identity`. */
import type { Command } from "commander";
import { lazyAction } from "./lazy-action.ts";
import { parseInteger, withExamples, withJson } from "./options.ts";

/** Shape of a sync report, which `telemetry erase-remote` prints too. */
export const syncReportShape =
  "{version, outcome, events, batches, rejected, erased, erasing, remaining, pending, reason, retryAtMs, quarantined: [{name, reason}], message}";

export function addSharing(nexus: Command): void {
  withJson(nexus.command("sync").description("upload pending events (same as usage upload)"), syncReportShape).action(
    lazyAction(() => import("../commands/usage/upload.ts")),
  );

  const usage = nexus.command("usage").description("import event logs and upload batches");
  withExamples(
    withJson(
      usage
        .command("upload")
        .description("upload pending events, or preview them")
        .option("--dry-run", "print the exact next batch without sending it")
        .option("--limit <n>", "maximum number of events (default: no limit)", parseInteger)
        .option("--only-flush", "send only what is in the outbox")
        .option("--rejected", "retry batches that the server refused"),
      `${syncReportShape}; with --dry-run the exact bytes of the next batch, or nothing`,
    ),
    "nexus usage upload --dry-run --json",
    "nexus usage upload --limit 500",
    "nexus usage upload --only-flush",
    "nexus usage upload --rejected",
  ).action(lazyAction(() => import("../commands/usage/upload.ts")));
  withJson(
    usage.command("import").description("import the event logs in state/events"),
    "{version, files, lines, malformed, bytes, stored, repeated, refused, belowWatermark, beforeConsent, ahead, faults: [{path, code}], unremoved}; with NEXUS_EVENT_LOG=false {version}",
  ).action(lazyAction(() => import("../commands/usage/import.ts")));

  const ledger = nexus.command("ledger").description("inspect and verify the upload ledger");
  withJson(
    ledger
      .command("list")
      .description("list the newest entries")
      .option("--limit <n>", "maximum number of entries (default: 50)", parseInteger),
    "{version, entries: [{seq, entry, hash, body}]}; body is true while the request body is kept",
  ).action(lazyAction(() => import("../commands/ledger/list.ts")));
  ledger
    .command("show")
    .description("print the exact request body of an entry")
    .argument("<entry>", "entry number (see nexus ledger list)", parseInteger)
    .action(lazyAction(() => import("../commands/ledger/show.ts")));
  withExamples(
    withJson(
      ledger
        .command("verify")
        .description("verify the chain, bodies and receipts offline")
        .option("--file <file>", "verify an exported ledger instead"),
      "{version, entries, receipts, erasures, withoutReceipt, bodies, faults: [{seq, message}], head}; without a database {version, entries: 0}",
    ),
    "nexus ledger verify",
    "nexus ledger verify --file ledger.jsonl",
  ).action(lazyAction(() => import("../commands/ledger/verify.ts")));
  withJson(
    ledger
      .command("export")
      .description("export the ledger for independent verification")
      .requiredOption("--output <file>", "output file (must not exist)"),
    "{version, path, entries}; each line of the file is {seq, entry, hash, body}",
  ).action(lazyAction(() => import("../commands/ledger/export.ts")));

  const consent = nexus.command("consent").description("show the consent notice and your decisions");
  withExamples(
    withJson(
      consent
        .command("show")
        .description("show the consent notice with its version and hash")
        .option("--version <version>", "show the notice of an earlier release"),
      "{version, language, hash, text, categories: [{name, title, text}]}; version is the version of the notice; of an earlier one {version, texts: [{releases, hash, text}]}",
    ),
    "nexus consent show",
    "nexus consent show --version 3",
  ).action(lazyAction(() => import("../commands/consent/show.ts")));
  withJson(
    consent.command("history").description("show your decisions, oldest first"),
    "{version, file, entries}; entries are the consent records as stored",
  ).action(lazyAction(() => import("../commands/consent/history.ts")));

  withJson(
    nexus
      .command("identity")
      .description("manage the pseudonym that you share under")
      .command("reset")
      .description("replace the pseudonym with an unlinkable new one")
      .option("--confirm", "skip the prompt"),
    "{version, reset}",
  ).action(lazyAction(() => import("../commands/identity/reset.ts")));
}

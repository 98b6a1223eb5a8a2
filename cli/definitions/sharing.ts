/** Consent, sending, and what was sent. */
import type { Command } from "commander";
import { lazyAction } from "./lazy-action.ts";
import { parseInteger, withExamples, withJson } from "./options.ts";

const report =
  "{version, outcome, events, batches, rejected, erased, left, pending, reason, untilMs, setAside, message}";

export function addSharing(nexus: Command): void {
  withJson(nexus.command("sync").description("send what may be shared now (the same as usage upload)"), report).action(
    lazyAction(() => import("../commands/usage/upload.ts")),
  );

  const usage = nexus.command("usage").description("event logs in, batches out");
  withExamples(
    withJson(
      usage
        .command("upload")
        .description("send what may be shared, or show it")
        .option("--dry-run", "print the exact next bytes and send nothing")
        .option("--limit <n>", "at most so many events", parseInteger)
        .option("--only-flush", "send what waits in the outbox and build nothing")
        .option("--rejected", "try the batches again that a server refused"),
      `${report}; with --dry-run the exact bytes of the next batch, or nothing`,
    ),
    "nexus usage upload --dry-run --json",
    "nexus usage upload --limit 500",
    "nexus usage upload --only-flush",
    "nexus usage upload --rejected",
  ).action(lazyAction(() => import("../commands/usage/upload.ts")));
  withJson(
    usage.command("import").description("import the event logs in state/events"),
    "{version, files, lines, malformed, bytes, stored, repeated, refused, belowWatermark, earlier, ahead, faults, unremoved}",
  ).action(lazyAction(() => import("../commands/usage/import.ts")));

  const ledger = nexus.command("ledger").description("what was sent, with proof");
  withJson(
    ledger
      .command("list")
      .description("print the newest entries")
      .option("--limit <n>", "at most so many (50)", parseInteger),
    "{version, entries: [{seq, entry, hash, body}]}",
  ).action(lazyAction(() => import("../commands/ledger/list.ts")));
  ledger
    .command("show")
    .description("print the exact body that an entry sent")
    .argument("<entry>", "the number of the entry", parseInteger)
    .action(lazyAction(() => import("../commands/ledger/show.ts")));
  withExamples(
    withJson(
      ledger
        .command("verify")
        .description("check the chain, every kept body and every receipt, offline")
        .option("--file <file>", "check an export instead"),
      "{version, entries, receipts, withoutReceipt, bodies, faults: [{seq, what}], head}",
    ),
    "nexus ledger verify",
    "nexus ledger verify --file ledger.jsonl",
  ).action(lazyAction(() => import("../commands/ledger/verify.ts")));
  withJson(
    ledger
      .command("export")
      .description("write the whole ledger to a file, which anybody can verify")
      .requiredOption("--output <file>", "where to"),
    "{version, path, entries}; a line of the file is {seq, entry, hash, body}",
  ).action(lazyAction(() => import("../commands/ledger/export.ts")));

  const consent = nexus.command("consent").description("the text you agree to, and what you decided");
  withJson(
    consent.command("show").description("print the text with its version, hash and categories"),
    "{version, hash, text, categories: [{name, title, text}]}; version is that of the text",
  ).action(lazyAction(() => import("../commands/consent/show.ts")));
  withJson(
    consent.command("history").description("print every decision you made, as it was written down"),
    "{version, file, entries}",
  ).action(lazyAction(() => import("../commands/consent/history.ts")));

  withJson(
    nexus
      .command("identity")
      .description("the pseudonym under which you share")
      .command("reset")
      .description("go on under another pseudonym that nothing links with the one before")
      .option("--confirm", "do not ask"),
    "{version, reset}",
  ).action(lazyAction(() => import("../commands/identity/reset.ts")));
}

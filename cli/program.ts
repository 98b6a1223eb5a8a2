/** The tree of the `nexus` command's commands. Each says what it does; what happens lies in the file of its group. */
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { productVersion } from "../server/product.ts";
import { consentHistory, consentShow } from "./consent.ts";
import { deleteData, explain, exportData } from "./data.ts";
import { exitCodes, UsageError } from "./exit.ts";
import { ledgerList, ledgerShow, ledgerVerify } from "./ledger.ts";
import { showStats } from "./stats.ts";
import { disable, enable, eraseRemote, status } from "./telemetry.ts";
import { usageImport, usageUpload } from "./usage.ts";

const json = ["--json", "print JSON instead of text"] as const;

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError("It must be a whole number from 1.");
  return Number(text);
}

function place(text: string): number {
  return wholeNumber(text);
}

export function program(): Command {
  const nexus = new Command("nexus")
    .description("Local-first usage analytics for your editor, terminal and AI agents. Off until you say yes.")
    .version(productVersion)
    .showSuggestionAfterError()
    .showHelpAfterError("(nexus --help shows what there is)")
    .exitOverride()
    .addHelpText(
      "after",
      `
Exit codes: 0 done, 1 it did not work, 2 wrong usage, 3 nothing could be sent now.

Examples:
  $ nexus telemetry enable
  $ nexus usage upload --dry-run --json
  $ nexus sync`,
    );

  const consent = nexus.command("consent").description("the text you agree to, and what you decided");
  consent
    .command("show")
    .description("print the text with its version, hash and categories")
    .option(...json)
    .action(consentShow);
  consent
    .command("history")
    .description("print every decision you made, as it was written down")
    .option(...json)
    .action(consentHistory);

  const telemetry = nexus.command("telemetry").description("switch recording and sharing on and off");
  telemetry
    .command("enable")
    .alias("on")
    .description("agree to recording, and with --share to sending; asks, or takes your word with --yes")
    .option("--share", "agree to send to the configured destination too")
    .option("--automatic", "send without being asked each time (with --share)")
    .option("--yes", "agree without being asked")
    .option("--notice <version>", "the version of the text you read (nexus consent show); needed to share with --yes")
    .option("--categories <list>", "what you agree to: all, or names with commas")
    .action(enable);
  telemetry
    .command("disable")
    .alias("off")
    .description("stop recording and sharing; what is stored stays until you delete it")
    .option("--erase-remote", "ask the servers to erase what you shared")
    .action(disable);
  telemetry
    .command("status")
    .description("print whether it is on, who says no, what is stored and what waits to be sent")
    .option(...json)
    .action(status);
  telemetry
    .command("erase-remote")
    .description("ask every server that was sent something to erase it")
    .option(...json)
    .action(eraseRemote);

  telemetry
    .command("export")
    .description("write everything that is stored to a file")
    .requiredOption("--output <file>", "where to")
    .option("--format <format>", "json, jsonl or csv; else by the file's ending")
    .option(...json)
    .action(exportData);
  telemetry
    .command("delete")
    .alias("purge")
    .description("delete everything that is stored, and prove it")
    .option("--confirm", "do not ask")
    .option(...json)
    .action(deleteData);
  telemetry
    .command("explain")
    .description("say what is recorded and why; of one event or field in full")
    .argument("[name]", "an event or a field")
    .option(...json)
    .action(explain);

  nexus
    .command("stats")
    .description("print what your tools did: the last 30 days, or another period")
    .option("--today", "of today")
    .option("--week", "of the last 7 days")
    .option("--month", "of the last 30 days (the default)")
    .option("--year", "of the last 12 months")
    .option(...json)
    .action(showStats);

  const usage = nexus.command("usage").description("event logs in, batches out");
  usage
    .command("import")
    .description("read the event logs in state/events")
    .option(...json)
    .action(usageImport);
  usage
    .command("upload")
    .description("send what may be shared, or show it")
    .option("--dry-run", "print the exact next bytes and send nothing")
    .option("--limit <n>", "at most so many events", wholeNumber)
    .option("--only-flush", "send what waits in the outbox and build nothing")
    .option(...json)
    .action(usageUpload);
  nexus
    .command("sync")
    .description("send what may be shared now (the same as usage upload)")
    .option(...json)
    .action(usageUpload);

  const ledger = nexus.command("ledger").description("what was sent, with proof");
  ledger
    .command("list")
    .description("print the newest entries")
    .option("--limit <n>", "at most so many", wholeNumber)
    .option(...json)
    .action(ledgerList);
  ledger
    .command("show")
    .description("print the exact body that an entry sent")
    .argument("<entry>", "the number of the entry", place)
    .action(ledgerShow);
  ledger
    .command("verify")
    .description("check the chain, every kept body and every receipt, offline")
    .option(...json)
    .action(ledgerVerify);
  return nexus;
}

export async function run(argv: readonly string[]): Promise<void> {
  try {
    await program().parseAsync(argv);
  } catch (error) {
    if (error instanceof CommanderError) {
      // It has said what was wrong; help and version are no errors.
      process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
      return;
    }
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`nexus: ${error.message}\n`);
    process.exitCode = exitCodes.usage;
  }
}

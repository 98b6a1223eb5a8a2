/**
 * `nexus telemetry enable`: shows the complete consent notice and prompts, or accepts `--yes`.
 * Sharing without a prompt requires the notice version, the destination and the categories.
 */

import { createInterface, type Interface } from "node:readline/promises";
import { noticeHash } from "../../../server/config/consent-log.ts";
import type { TelemetryService } from "../../../server/worker/service.ts";
import { notice, noticeText, noticeVersion } from "../../../shared/consent/notice.ts";
import { textOf } from "../../../shared/protocol/message.ts";
import { type Category, categories } from "../../../shared/schema/categories.ts";
import { modeMessage, refusalMessage } from "../../../shared/text/sentences.ts";
import { ReportedError, UsageError } from "../../exit.ts";
import { print, printError } from "../../output/print.ts";
import { askText, isAttended, isYes, wrapped } from "../../output/terminal.ts";
import { withService } from "../../runtime.ts";

interface EnableOptions {
  readonly share?: boolean;
  readonly automatic?: boolean;
  readonly yes?: boolean;
  readonly notice?: string;
  readonly categories?: string;
  readonly destination?: string;
}

interface Answer {
  readonly collect: readonly Category[];
  readonly share: readonly Category[];
  readonly automatic: boolean;
  readonly via: "terminal" | "terminal_flags";
}

export function run(options: EnableOptions): Promise<void> {
  return withService(async (service) => {
    await decide(service, options);
  });
}

/** Prompts for consent to recording or sharing. Resolves with whether it was given. */
export function ask(service: TelemetryService, share: boolean): Promise<boolean> {
  return decide(service, { share });
}

async function decide(service: TelemetryService, options: EnableOptions): Promise<boolean> {
  const destination = options.share === true ? destinationOf(service) : null;
  const answer = options.yes === true ? answerFromFlags(options) : await promptForAnswer(options, destination);
  if (destination !== null) checkDestination(destination, options);
  if (answer === undefined) {
    print("Nothing was changed.");
    return false;
  }
  const { permission } = service.giveConsent({
    mode: destination === null ? "local" : "share",
    ...answer,
    destination,
    notice: { version: noticeVersion, sha256: noticeHash },
  });
  print(`Telemetry enabled. ${textOf(modeMessage(permission))}`);
  for (const refusal of permission.refusals) print(textOf(refusalMessage(refusal)));
  const { problem } = service.reader.status();
  if (problem !== null) printError(textOf(problem.message));
  return true;
}

function destinationOf(service: TelemetryService): string {
  const { sharing, problem } = service.reader.status();
  if (sharing === null && problem !== null) throw new ReportedError(textOf(problem.message));
  const address = sharing?.address ?? null;
  if (address === null) {
    throw new UsageError("No destination. Set NEXUS_USAGE_UPLOAD_URL or upload_url in config.toml.");
  }
  return address;
}

/**
 * Requires `--destination` with `--yes`, because without a prompt the user does not see where a
 * foreign environment would upload to. @throws UsageError if it is missing or differs from the
 * configured destination
 */
function checkDestination(destination: string, { yes, destination: expected }: EnableOptions): void {
  if (expected === undefined) {
    if (yes === true) throw new UsageError("--share --yes requires --destination URL.");
    return;
  }
  if (!URL.canParse(expected) || new URL(expected).href !== destination)
    throw new UsageError(`--destination differs from the configured destination ${destination}. Nothing was changed.`);
}

function answerFromFlags({ share, automatic, notice: version, categories: list }: EnableOptions): Answer {
  const selected = list === undefined ? categories : parseCategories(list);
  if (share === true && version !== noticeVersion) {
    throw new UsageError(
      version === undefined
        ? "--share --yes requires --notice VERSION (see nexus consent show)."
        : `The consent notice has version ${noticeVersion}, not ${version}. Read it with nexus consent show.`,
    );
  }
  if (share === true && list === undefined) throw new UsageError("--share --yes requires --categories LIST.");
  const shared = share === true ? selected : [];
  return { collect: selected, share: shared, automatic: automatic === true, via: "terminal_flags" };
}

function parseCategories(list: string): readonly Category[] {
  if (list.trim() === "all") return categories;
  const names = list.split(",").map((name) => name.trim());
  const unknown = names.filter((name) => !categories.some((known) => known === name));
  if (unknown.length > 0)
    throw new UsageError(`Unknown category: ${unknown.join(", ")}. Valid values: ${categories.join(", ")}.`);
  return categories.filter((name) => names.includes(name));
}

/** Shows the complete notice and prompts. @throws UsageError without a terminal */
async function promptForAnswer(options: EnableOptions, destination: string | null): Promise<Answer | undefined> {
  if (!isAttended()) {
    throw new UsageError(
      "Not a terminal: use --yes (for sharing also --notice VERSION, --destination URL and --categories LIST).",
    );
  }
  print(`${wrapped(noticeText())}\n`);
  const ask = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const preset = options.categories === undefined ? undefined : parseCategories(options.categories);
    const collect = preset ?? (await choose(ask, "What may be recorded on this machine?", categories));
    if (collect.length === 0) return undefined;
    const share =
      destination === null ? [] : (preset ?? (await choose(ask, `What may be shared with ${destination}?`, collect)));
    if (destination !== null && share.length === 0) return undefined;
    const automatic = options.automatic ?? (destination !== null && (await isYes(ask, "Upload automatically?")));
    const question =
      destination === null ? "Record this?" : `Record this and share it with ${destination} under a random ID?`;
    return (await isYes(ask, question)) ? { collect, share, automatic, via: "terminal" } : undefined;
  } finally {
    ask.close();
  }
}

async function choose(ask: Interface, question: string, from: readonly Category[]): Promise<readonly Category[]> {
  print(question);
  for (const [n, name] of from.entries()) print(`  ${String(n + 1).padStart(2)}  ${notice.categories[name].title}`);
  for (;;) {
    const answer = (await askText(ask, "all, none, or numbers (such as 1,2,5): ")).trim().toLowerCase();
    if (answer === "all") return from;
    if (answer === "none" || answer === "") return [];
    const numbers = answer.split(/[\s,]+/).map(Number);
    if (numbers.every((n) => Number.isInteger(n) && n >= 1 && n <= from.length)) {
      return from.filter((_, n) => numbers.includes(n + 1));
    }
    print(`Enter all, none, or numbers from 1 to ${from.length}.`);
  }
}

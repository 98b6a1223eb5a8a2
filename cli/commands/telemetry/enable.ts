/** `nexus telemetry enable`: shows the whole text and asks, or takes the user's word with --yes. */
import { createInterface, type Interface } from "node:readline/promises";
import { noticeHash } from "../../../server/config/consent-log.ts";
import type { TelemetryService } from "../../../server/worker/service.ts";
import { notice, noticeText, noticeVersion } from "../../../shared/consent/notice.ts";
import { type Category, categories } from "../../../shared/schema/categories.ts";
import { modeSentence, refusalSentence } from "../../../shared/text/format.ts";
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
  return withService(async (worker) => {
    await decide(worker, options);
  });
}

/** Asks on the terminal whether to record, or to share with the configured destination too. Resolves with the answer. */
export function ask(worker: TelemetryService, share: boolean): Promise<boolean> {
  return decide(worker, { share });
}

async function decide(worker: TelemetryService, options: EnableOptions): Promise<boolean> {
  const destination = options.share === true ? destinationOf(worker) : null;
  const answer = options.yes === true ? fromFlags(options) : await fromQuestions(options, destination);
  if (destination !== null) checkNamed(destination, options);
  if (answer === undefined) {
    print("Nothing was changed.");
    return false;
  }
  const { permission } = worker.giveConsent({
    mode: destination === null ? "local" : "share",
    ...answer,
    destination,
    notice: { version: noticeVersion, sha256: noticeHash },
  });
  print(`Telemetry enabled. ${modeSentence(permission)}`);
  for (const refusal of permission.refusals) print(refusalSentence(refusal));
  const { problem } = worker.status();
  if (problem !== null) printError(problem.text);
  return true;
}

function destinationOf(worker: TelemetryService): string {
  const { sharing, problem } = worker.status();
  if (sharing === null && problem !== null) throw new ReportedError(problem.text);
  const address = sharing?.address ?? null;
  if (address === null) {
    throw new UsageError("There is no destination. Set NEXUS_USAGE_UPLOAD_URL, or upload_url in config.toml, first.");
  }
  return address;
}

/**
 * Without a terminal the user does not see where the configuration and the environment would send to: it must be named. Where it is named it
 * must be the one that is configured.
 */
function checkNamed(destination: string, { yes, destination: named }: EnableOptions): void {
  if (named === undefined) {
    if (yes === true) throw new UsageError("To share without being asked, name the destination: --destination URL.");
    return;
  }
  if (!URL.canParse(named) || new URL(named).href !== destination)
    throw new UsageError(`--destination is not the one that is configured, ${destination}. Nothing was changed.`);
}

function fromFlags({ share, automatic, notice: version, categories: list }: EnableOptions): Answer {
  const chosen = list === undefined ? categories : named(list);
  if (share === true && version !== noticeVersion) {
    throw new UsageError(
      version === undefined
        ? "To share without being asked, name the version of the text you read: --notice (see nexus consent show)."
        : `The text has version ${noticeVersion}, not ${version}. Read it with nexus consent show.`,
    );
  }
  if (share === true && list === undefined) throw new UsageError("To share without being asked, name --categories.");
  return { collect: chosen, share: share === true ? chosen : [], automatic: automatic === true, via: "terminal_flags" };
}

function named(list: string): readonly Category[] {
  if (list.trim() === "all") return categories;
  const names = list.split(",").map((name) => name.trim());
  const unknown = names.filter((name) => !categories.some((known) => known === name));
  if (unknown.length > 0) throw new UsageError(`Unknown: ${unknown.join(", ")}. There are: ${categories.join(", ")}.`);
  return categories.filter((name) => names.includes(name));
}

/** Shows the whole text and asks. Without a terminal nobody can be asked. */
async function fromQuestions(options: EnableOptions, destination: string | null): Promise<Answer | undefined> {
  if (!isAttended()) {
    throw new UsageError(
      "There is no terminal to ask on. Use --yes; to share also --notice VERSION --destination URL --categories LIST.",
    );
  }
  print(`${wrapped(noticeText())}\n`);
  const ask = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const given = options.categories === undefined ? undefined : named(options.categories);
    const collect = given ?? (await choose(ask, "What may be recorded on this machine?", categories));
    if (collect.length === 0) return undefined;
    const share =
      destination === null ? [] : (given ?? (await choose(ask, `What of it may be sent to ${destination}?`, collect)));
    if (destination !== null && share.length === 0) return undefined;
    const automatic =
      options.automatic ?? (destination !== null && (await isYes(ask, "Send it by itself, without asking each time?")));
    const question =
      destination === null ? "Record this?" : `Record this, and share it with ${destination} under a random id?`;
    return (await isYes(ask, question)) ? { collect, share, automatic, via: "terminal" } : undefined;
  } finally {
    ask.close();
  }
}

async function choose(ask: Interface, question: string, from: readonly Category[]): Promise<readonly Category[]> {
  print(question);
  for (const [n, name] of from.entries()) print(`  ${String(n + 1).padStart(2)}  ${notice.categories[name].title}`);
  for (;;) {
    const answer = (await askText(ask, "all, none, or numbers such as 1,2,5: ")).trim().toLowerCase();
    if (answer === "all") return from;
    if (answer === "none" || answer === "") return [];
    const numbers = answer.split(/[\s,]+/).map(Number);
    if (numbers.every((n) => Number.isInteger(n) && n >= 1 && n <= from.length)) {
      return from.filter((_, n) => numbers.includes(n + 1));
    }
    print(`Please write all, none, or numbers from 1 to ${from.length}.`);
  }
}

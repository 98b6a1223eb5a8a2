/** `nexus telemetry`: enable, disable, status. */
import { createInterface } from "node:readline/promises";
import { noticeHash } from "../server/consent-log.ts";
import type { Worker } from "../server/worker.ts";
import { type Category, categories } from "../shared/categories.ts";
import type { Permission } from "../shared/consent.ts";
import { notice, noticeText, noticeVersion } from "../shared/consent-text.ts";
import { countText, modeSentence, pendingText, refusalSentence, sizeText } from "../shared/words.ts";
import type { JsonOption } from "./consent.ts";
import { exitCodes, UsageError } from "./exit.ts";
import { facts, print, printJson, timeText } from "./print.ts";
import { withWorker } from "./product.ts";
import { printReport } from "./report.ts";

interface EnableOptions {
  readonly share?: boolean;
  readonly automatic?: boolean;
  readonly yes?: boolean;
  readonly notice?: string;
  readonly categories?: string;
}

interface Answer {
  readonly collect: readonly Category[];
  readonly share: readonly Category[];
  readonly automatic: boolean;
  readonly via: "terminal" | "terminal_flags";
}

export function enable(options: EnableOptions): Promise<void> {
  return withWorker((worker) => decide(worker, options));
}

/** Asks on the terminal whether to share with the configured destination. */
export function askToShare(worker: Worker): Promise<void> {
  return decide(worker, { share: true });
}

async function decide(worker: Worker, options: EnableOptions): Promise<void> {
  const destination = options.share === true ? destinationOf(worker) : null;
  const answer = options.yes === true ? fromFlags(options) : await fromQuestions(options, destination);
  if (answer === undefined) {
    print("Nothing was changed.");
    return;
  }
  const { permission } = worker.giveConsent({
    mode: destination === null ? "local" : "share",
    ...answer,
    destination,
    notice: { version: noticeVersion, sha256: noticeHash },
  });
  print(modeSentence(permission));
  for (const refusal of permission.refusals) print(refusalSentence(refusal));
}

function destinationOf(worker: Worker): string {
  const host = worker.status().sharing?.destination ?? null;
  if (host === null) {
    throw new UsageError("There is no destination. Set NEXUS_USAGE_UPLOAD_URL, or upload_url in config.toml, first.");
  }
  return host;
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
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    throw new UsageError(
      "There is no terminal to ask on. Use --yes; to share also --notice VERSION --categories LIST.",
    );
  }
  print(`${noticeText()}\n`);
  const ask = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const given = options.categories === undefined ? undefined : named(options.categories);
    const collect = given ?? (await choose(ask, "What may be recorded on this machine?", categories));
    if (collect.length === 0) return undefined;
    const share =
      destination === null ? [] : (given ?? (await choose(ask, `What of it may be sent to ${destination}?`, collect)));
    if (destination !== null && share.length === 0) return undefined;
    const automatic =
      options.automatic ?? (destination !== null && (await yes(ask, "Send it by itself, without asking each time?")));
    const question =
      destination === null ? "Record this?" : `Record this, and share it with ${destination} under a random id?`;
    return (await yes(ask, question)) ? { collect, share, automatic, via: "terminal" } : undefined;
  } finally {
    ask.close();
  }
}

type Ask = ReturnType<typeof createInterface>;

async function yes(ask: Ask, question: string): Promise<boolean> {
  return /^y(es)?$/i.test((await ask.question(`${question} [y/N] `)).trim());
}

async function choose(ask: Ask, question: string, from: readonly Category[]): Promise<readonly Category[]> {
  print(question);
  for (const [n, name] of from.entries()) print(`  ${String(n + 1).padStart(2)}  ${notice.categories[name].title}`);
  for (;;) {
    const answer = (await ask.question("all, none, or numbers such as 1,2,5: ")).trim().toLowerCase();
    if (answer === "all") return from;
    if (answer === "none" || answer === "") return [];
    const numbers = answer.split(/[\s,]+/).map(Number);
    if (numbers.every((n) => Number.isInteger(n) && n >= 1 && n <= from.length)) {
      return from.filter((_, n) => numbers.includes(n + 1));
    }
    print(`Please write all, none, or numbers from 1 to ${from.length}.`);
  }
}

export function disable({ eraseRemote: erase }: { readonly eraseRemote?: boolean }): Promise<void> {
  return withWorker(async (worker) => {
    const { permission } = worker.giveConsent({
      ...{ mode: "off", collect: [], share: [], destination: null, automatic: false, via: "terminal" },
      notice: { version: noticeVersion, sha256: noticeHash },
    });
    print(permission.mode === "off" ? "Telemetry disabled." : modeSentence(permission));
    const { sharing, database } = worker.status();
    if (database !== null) print("Existing data retained. Use 'nexus telemetry delete' to remove.");
    if (erase === true) printReport(await worker.eraseRemotely(), false);
    else if ((sharing?.sharedWith ?? 0) > 0)
      print("What you shared stays with the server until you run: nexus telemetry erase-remote");
  });
}

export function eraseRemote({ json }: JsonOption): Promise<void> {
  return withWorker(async (worker) => {
    printReport(await worker.eraseRemotely(), json === true);
    const left = worker.status().sharing?.erasures ?? 0;
    if (left > 0) {
      print(`${countText(left, "server")} has not confirmed yet; it is asked again with the next sync.`);
      process.exitCode = exitCodes.notNow;
    }
  });
}

function enabledText(permission: Permission | null): string {
  if (permission === null) return "not known";
  if (permission.mode !== "off") return "true";
  return permission.consent === "never_asked" ? "false (opt-in required)" : "false";
}

export function status({ json }: JsonOption): Promise<void> {
  return withWorker((worker) => {
    const told = worker.status();
    if (json === true) {
      printJson({ version: 1, ...told });
      return;
    }
    const { permission, database, sharing } = told;
    const rows: (readonly [string, string])[] = [
      ["Enabled", enabledText(permission)],
      ["Mode", permission === null ? "not known" : modeSentence(permission)],
      ["Decided", timeText(told.decidedMs)],
      ["May record", permission?.collect.map((name) => notice.categories[name].title).join(", ") || "nothing"],
      ["May share", permission?.share.map((name) => notice.categories[name].title).join(", ") || "nothing"],
      [
        "Database",
        database === null ? `${told.databasePath} (not there)` : `${database.path} (${sizeText(database.sizeBytes)})`,
      ],
    ];
    if (database !== null) rows.push(["Events stored", database.events.toLocaleString("en-US")]);
    if (sharing !== null) {
      rows.push(["Last stored", timeText(database?.newestMs ?? null)]);
      rows.push(["Destination", sharing.destination ?? "none"]);
      if (permission?.mode === "share") {
        rows.push(["Pending", `${pendingText(sharing.pending)}, ${sharing.waiting} of them in the outbox`]);
        rows.push(["Last sent", timeText(sharing.syncedMs)]);
      }
      if (sharing.paused !== null) rows.push(["Paused", sharing.paused]);
      if (sharing.erasures > 0) rows.push(["Erasures", `${sharing.erasures} not confirmed yet`]);
    }
    print("Telemetry Status\n================");
    print(facts(rows));
    for (const refusal of permission?.refusals ?? []) print(refusalSentence(refusal));
    for (const remark of told.remarks) print(remark);
    if (told.problem !== null) print(`Problem: ${told.problem.text}`);
  });
}

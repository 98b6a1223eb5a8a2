/** The consent dialog on a terminal: one screen of 24 rows, details on request. */
import type { Interface } from "node:readline/promises";
import { type AskedCategory, askedCategories, categoryGroups } from "../../shared/consent/category-groups.ts";
import { categoryTexts, notice } from "../../shared/consent/notice.ts";
import { noticeVersion } from "../../shared/consent/notice-version.ts";
import type { Category } from "../../shared/schema/categories.ts";
import { print } from "./print.ts";
import { askText, columns, styled, wrapped } from "./terminal.ts";

export interface RecordingChoice {
  readonly collect: readonly Category[];
  /** Whether event log lines from before the consent are imported. */
  readonly earlierEvents: boolean;
}

/** One numbered line of a list. */
interface Option {
  readonly title: string;
  readonly text: string;
}

/** Returns the numbers that an answer such as `1, 3` or `1-4` names; `undefined` if it is none. */
export function numbersIn(answer: string, max: number): readonly number[] | undefined {
  const found = new Set<number>();
  for (const part of answer.split(/[\s,]+/).filter((text) => text !== "")) {
    const range = /^(\d{1,2})(?:-(\d{1,2}))?$/.exec(part);
    const from = Number(range?.[1]);
    const to = Number(range?.[2] ?? from);
    if (range === null || from < 1 || to > max || to < from) return undefined;
    for (let n = from; n <= to; n += 1) found.add(n);
  }
  return [...found].sort((a, b) => a - b);
}

function listText(options: readonly Option[]): string {
  return options
    .map(({ title, text }, n) => `  ${String(n + 1).padStart(2)}  ${title}\n${wrapped(text, "      ")}`)
    .join("\n");
}

function introText(): string {
  const width = Math.max(...notice.examples.map(([action]) => action.length)) + 3;
  const rows = notice.examples.map(([action, stored]) => `  ${action.padEnd(width)}${stored}`);
  const full = columns() >= 76 ? rows : notice.examples.map(([action, stored]) => `  ${action}\n    → ${stored}`);
  return [
    styled("bold", notice.title),
    wrapped("Off until you consent. Recorded data stays on this machine; nothing is sent."),
    "",
    ...(columns() >= 76 ? [styled("dim", `  ${"What happens".padEnd(width)}What is stored`)] : []),
    ...full,
    "",
    wrapped(
      "Never: arguments, output, file names or contents, prompts, keys, who or where you are. Events are kept for 90 days.",
    ),
    "",
  ].join("\n");
}

const groupOptions: readonly Option[] = [
  ...categoryGroups.map(({ id }) => notice.groups[id]),
  { title: notice.earlier.title, text: "Stays on this machine, is never shared." },
];

const categoryOptions: readonly Option[] = [...askedCategories.map((name) => notice.categories[name]), notice.earlier];

/** Asks what may be recorded. Resolves with no categories if the user selects none. */
export async function askRecording(ask: Interface): Promise<RecordingChoice> {
  print(introText());
  print(listText(groupOptions));
  print(`\n${wrapped(`${notice.effect} Full notice (v${noticeVersion}): nexus consent show`)}`);
  const groups = await askNumbers(ask, groupOptions.length, "all (1-3)", true);
  if (groups === "details") return askCategories(ask);
  if (groups === "all") return { collect: askedCategories, earlierEvents: false };
  const collect = categoryGroups.flatMap((group, n): readonly AskedCategory[] =>
    groups.includes(n + 1) ? group.categories : [],
  );
  return { collect, earlierEvents: groups.includes(groupOptions.length) };
}

async function askCategories(ask: Interface): Promise<RecordingChoice> {
  print(`\n${listText(categoryOptions)}`);
  print(`\n${wrapped(`Never recorded: ${notice.never.join("; ")}.`)}`);
  print(wrapped(notice.retention));
  const numbers = await askNumbers(ask, categoryOptions.length, `all (1-${askedCategories.length})`, false);
  if (numbers === "all" || numbers === "details") return { collect: askedCategories, earlierEvents: false };
  return {
    collect: askedCategories.filter((_, n) => numbers.includes(n + 1)),
    earlierEvents: numbers.includes(categoryOptions.length),
  };
}

/** Asks which of the offered categories may be shared. */
export async function askSharing(ask: Interface, offered: readonly Category[]): Promise<readonly Category[]> {
  print(`\n${offered.map((name, n) => `  ${String(n + 1).padStart(2)}  ${categoryTexts[name].title}`).join("\n")}`);
  const numbers = await askNumbers(ask, offered.length, "all", true);
  if (numbers === "details") {
    print(
      `\n${[notice.sharing.intro, notice.sharing.proof, notice.sharing.recipient].map((text) => wrapped(text)).join("\n")}`,
    );
    print(`\n${listText(offered.map((name) => categoryTexts[name]))}`);
    const again = await askNumbers(ask, offered.length, "all", false);
    return again === "all" || again === "details" ? offered : offered.filter((_, n) => again.includes(n + 1));
  }
  return numbers === "all" ? offered : offered.filter((_, n) => numbers.includes(n + 1));
}

async function askNumbers(
  ask: Interface,
  max: number,
  all: string,
  hasDetails: boolean,
): Promise<readonly number[] | "all" | "details"> {
  const question = `Select numbers (such as 1,2 or 1-3), ${all} or none${hasDetails ? "; d for details" : ""}: `;
  for (;;) {
    const answer = (await askText(ask, question)).trim().toLowerCase();
    if (answer === "all") return "all";
    if (answer === "none" || answer === "") return [];
    if (hasDetails && (answer === "d" || answer === "details")) return "details";
    const numbers = numbersIn(answer, max);
    if (numbers !== undefined) return numbers;
    print(`Enter numbers from 1 to ${max}, all or none${hasDetails ? ", or d for details" : ""}.`);
  }
}

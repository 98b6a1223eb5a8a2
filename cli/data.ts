/** `nexus telemetry export`, `delete`, `explain`: the user's own data, and what there can be of it. */
import { resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { notice } from "../shared/consent-text.ts";
import { eventTable, eventTypeNames, fieldsOf } from "../shared/events.ts";
import { carriersOf, explanations, kindText, sharingText } from "../shared/explain.ts";
import { fieldNames, fieldTable } from "../shared/fields.ts";
import { type ExportFormat, exportFormats } from "../shared/protocol.ts";
import { countText, sizeText } from "../shared/words.ts";
import type { JsonOption } from "./consent.ts";
import { UsageError } from "./exit.ts";
import { facts, print, printJson, progressLine } from "./print.ts";
import { withWorker } from "./product.ts";

interface ExportOptions extends JsonOption {
  readonly output: string;
  readonly format?: string;
}

function formatOf({ output, format }: ExportOptions): ExportFormat {
  const wanted = format ?? exportFormats.find((name) => output.toLowerCase().endsWith(`.${name}`)) ?? "json";
  const known = exportFormats.find((name) => name === wanted);
  if (known === undefined) throw new UsageError(`Unknown format ${wanted}. There are: ${exportFormats.join(", ")}.`);
  return known;
}

export function exportData(options: ExportOptions): Promise<void> {
  const format = formatOf(options);
  const path = resolve(options.output);
  return withWorker(
    async (worker) => {
      const done = await worker.export(path, format);
      progressLine("");
      if (options.json === true) printJson({ version: 1, path, format, ...done });
      else print(`Exported ${countText(done.events, "event")} (${sizeText(done.sizeBytes)}) to ${path}.`);
    },
    ({ done, total }) => progressLine(`Exported ${countText(done, "event")} of ${total.toLocaleString("en-US")}`),
  );
}

interface DeleteOptions extends JsonOption {
  readonly confirm?: boolean;
}

export function deleteData({ confirm, json }: DeleteOptions): Promise<void> {
  return withWorker(async (worker) => {
    const { database, problem } = worker.status();
    if (database === null) {
      if (problem !== null) throw new Error(problem.text);
      print(json === true ? JSON.stringify({ version: 1, events: 0 }) : "There is nothing to delete.");
      return;
    }
    if (confirm !== true && !(await isSure(database.events, database.sizeBytes))) {
      print("Nothing was deleted.");
      return;
    }
    const erased = worker.purge();
    if (json === true) printJson({ version: 1, ...erased });
    else {
      print(`Deleted ${countText(erased.events, "event")}. Freed ${sizeText(erased.freedBytes)}.`);
      if (erased.searched > 0) print(`None of ${countText(erased.searched, "id")} is left in any file.`);
    }
  });
}

async function isSure(events: number, sizeBytes: number): Promise<boolean> {
  print("This will permanently delete all telemetry data. Your consent stays as it is.\n");
  print(
    facts([
      ["Events to be deleted", events.toLocaleString("en-US")],
      ["Database size", sizeText(sizeBytes)],
    ]),
  );
  if (!process.stdin.isTTY) throw new UsageError("There is no terminal to ask on. Use --confirm.");
  const ask = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await ask.question("\nAre you sure? [y/N] ")).trim());
  } finally {
    ask.close();
  }
}

export function explain(name: string | undefined, { json }: JsonOption): void {
  if (name === undefined) {
    if (json === true) printJson({ version: 1, categories: explanations() });
    else print(explanations().map(categoryText).join("\n\n"));
    return;
  }
  const type = eventTypeNames.find((known) => known === name);
  const field = fieldNames.find((known) => known === name);
  if (type !== undefined) {
    const { description, category } = eventTable[type];
    print(`${type}: ${description}`);
    print(
      facts([
        ["Category", notice.categories[category].title],
        ["Fields", fieldsOf(type).join(", ")],
        ["Switch off", off],
      ]),
    );
  } else if (field !== undefined) {
    const { description, purpose, kind, category, shared, retention } = fieldTable[field];
    print(`${field}: ${description}`);
    print(
      facts([
        ["Why", purpose],
        ["Holds", kindText(kind)],
        ["Category", notice.categories[category].title],
        ["Who sees it", sharingText[shared]],
        ["Kept", retention === "total" ? "with its event, and in totals" : "with its event"],
        ["Carried by", carriersOf(field).join(", ")],
        ["Switch off", off],
      ]),
    );
  } else throw new UsageError(`There is no event and no field ${name}. nexus telemetry explain lists all.`);
}

const off = "untick its category (nexus telemetry enable --categories …), or nexus telemetry disable";

function categoryText({ title, text, events, fields }: ReturnType<typeof explanations>[number]): string {
  const lines = [
    title,
    "=".repeat(title.length),
    text,
    ...events.map(({ type, description }) => `  event ${type}: ${description}`),
    ...fields.map(({ name, description, purpose }) => `  field ${name}: ${description} (${purpose})`),
  ];
  return lines.join("\n");
}

/**
 * `npm run generate:prices`: updates `shared/vocabulary/prices.json` from the price table of LiteLLM
 * (MIT), which its package on PyPI contains. Needs the network and Python.
 *
 * A price that differs from the last known one becomes a new row that is valid from today; a row is
 * never changed or removed, so that the cost of a past day stays the same. Models are those of the
 * providers that made them; resellers charge other prices.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ContextSize } from "../../shared/vocabulary/agent-reports.ts";
import { modelFamily } from "../../shared/vocabulary/models.ts";
import type { Price, Rates } from "../../shared/vocabulary/prices.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const file = join(root, "shared", "vocabulary", "prices.json");
const python = join(root, "out", "python", "bin", "python");

/** Providers of their own models. Keys of the table start with the provider or, for some, with the model. */
const makers = [
  "anthropic",
  "openai",
  "gemini",
  "xai",
  "deepseek",
  "mistral",
  "moonshot",
  "zai",
  "minimax",
  "cognition",
];

type Entry = Readonly<Record<string, unknown>>;

interface PriceFile {
  readonly generated: string;
  readonly source: string;
  readonly asOf: string;
  readonly prices: Readonly<Record<string, readonly Price[]>>;
}

/** Downloads the newest package. Returns its version and table. */
function download(): readonly [version: string, table: Readonly<Record<string, Entry>>] {
  const folder = mkdtempSync(join(tmpdir(), "prices-"));
  try {
    execFileSync(python, ["-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, "litellm"]);
    const wheel = readdirSync(folder)[0] ?? "";
    execFileSync(python, ["-m", "zipfile", "--extract", join(folder, wheel), folder]);
    const text = readFileSync(join(folder, "litellm", "model_prices_and_context_window_backup.json"), "utf8");
    return [wheel.split("-")[1] ?? "", JSON.parse(text)];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Models of other media, aliases, and names of trials. */
const excluded =
  /audio|realtime|image|tts|search|transcribe|embed|live|vision|research|computer|moderation|ocr|^ft:|customtools|robotics|omni|voxtral|pixtral|beta|experimental|gv2|multi-agent|with-tools|-it$|airx|\d+k$|^chat$|-exp$|^gemini-(pro|flash)|daybreak|rosalind|zai-glm|ministral|-auto$/;

/** Returns the public name: without provider, date and release stage. */
function nameOf(key: string): string {
  return key
    .replace(/^[a-z]+\//, "")
    .toLowerCase()
    .replace(/-preview(-\d\d-\d{4}|-\d\d-\d\d)?$|-latest$|-beta$/, "")
    .replace(/[-@](\d{8}|\d{4}-\d\d-\d\d|\d{4})$/, "");
}

/** Returns US dollars per million tokens. */
const perMillion = (usd: unknown): number | undefined =>
  typeof usd === "number" ? Math.round(usd * 1e12) / 1e6 : undefined;

function ratesOf(entry: Entry, band = ""): Rates | undefined {
  const rate = (name: string) => perMillion(entry[`${name}${band}`]);
  const [input, output] = [rate("input_cost_per_token"), rate("output_cost_per_token")];
  if (input === undefined || output === undefined || input + output === 0) return undefined;
  const rest = {
    cacheRead: rate("cache_read_input_token_cost"),
    cacheWrite5m: rate("cache_creation_input_token_cost"),
    cacheWrite1h: perMillion(entry[`cache_creation_input_token_cost_above_1hr${band}`]),
  };
  return {
    input,
    output,
    ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined && value > 0)),
  };
}

function priceOf(entry: Entry): Price | undefined {
  const rates = ratesOf(entry);
  const long = (["200k", "272k"] as const).flatMap((size) => {
    const found = ratesOf(entry, `_above_${size}_tokens`);
    return found === undefined ? [] : [{ size: `over_${size}` as ContextSize, ...found }];
  })[0];
  const fast = Object(entry["provider_specific_entry"])["fast"];
  return rates === undefined
    ? undefined
    : { ...rates, ...(long === undefined ? {} : { long }), ...(typeof fast === "number" ? { fast } : {}) };
}

/** Returns the current price of each model: of the key that ends in `-latest`, else of the one without a date, else the newest. */
function currentPrices(table: Readonly<Record<string, Entry>>): ReadonlyMap<string, Price> {
  const found = new Map<string, { readonly key: string; readonly price: Price }>();
  for (const [key, entry] of Object.entries(table)) {
    const maker = String(entry["litellm_provider"]);
    const isBare = !key.includes("/");
    if (!makers.includes(maker) || !(isBare || key.startsWith(`${maker}/`)) || key.split("/").length > 2) continue;
    if (!["chat", "responses"].includes(String(entry["mode"]))) continue;
    const [name, price] = [nameOf(key), priceOf(entry)];
    if (
      price === undefined ||
      excluded.test(key.replace(/^[a-z]+\//, "")) ||
      excluded.test(name) ||
      !/^[a-z][a-z0-9.-]{1,39}$/.test(name)
    )
      continue;
    const known = found.get(name)?.key;
    const isNearer =
      known === undefined ||
      (!known.endsWith("-latest") &&
        (key.endsWith("-latest") || (!known.endsWith(name) && (key.endsWith(name) || key > known))));
    if (isNearer) found.set(name, { key, price });
  }
  return new Map([...found].map(([name, { price }]) => [name, price]));
}

const withoutDate = ({ from, ...rest }: Price) => JSON.stringify(rest);

/** Appends a row to each model whose price changed. */
function withChanges(
  known: PriceFile["prices"],
  current: ReadonlyMap<string, Price>,
  today: string,
): PriceFile["prices"] {
  const names = [...new Set([...Object.keys(known), ...current.keys()])].sort();
  return Object.fromEntries(
    names.map((name) => {
      const rows = known[name] ?? [];
      const [last, price] = [rows.at(-1), current.get(name)];
      if (price === undefined) return [name, rows];
      if (last === undefined) return [name, [price]];
      return [name, withoutDate(last) === withoutDate(price) ? rows : [...rows, { from: today, ...price }]];
    }),
  );
}

function textOf({ prices, ...rest }: PriceFile): string {
  const lines = Object.entries(prices).map(([name, rows]) => `    ${JSON.stringify(name)}: ${JSON.stringify(rows)}`);
  const head = Object.entries(rest).map(([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)},\n`);
  return `{\n${head.join("")}  "prices": {\n${lines.join(",\n")}\n  }\n}\n`;
}

const [version, table] = download();
const asOf = new Date().toISOString().slice(0, 10);
const known: PriceFile = JSON.parse(readFileSync(file, "utf8"));
const prices = withChanges(known.prices, currentPrices(table), asOf);
const source = `LiteLLM ${version} (MIT), model_prices_and_context_window_backup.json`;
writeFileSync(file, textOf({ generated: "by npm run generate:prices, do not edit", source, asOf, prices }));

const names = Object.keys(prices).filter((name) => !modelFamily.test(name));
writeFileSync(
  join(root, "shared", "vocabulary", "model-names.json"),
  `${JSON.stringify({ generated: "by npm run generate:prices, do not edit", source, names }, null, 2)}\n`,
);
console.log(`shared/vocabulary/prices.json: ${Object.keys(prices).length} models, ${source}`);

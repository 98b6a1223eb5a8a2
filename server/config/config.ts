/**
 * The keys of `[telemetry]` and `[telemetry.privacy]` in `config.toml`: types, ranges and defaults.
 * Rejects wrong types, unknown keys and misplaced keys or tables by name and never guesses: a
 * mistyped key may have been an opt-out. Ignores other tools' tables.
 */

import { isAbsolute } from "node:path";
import { parse, TomlError } from "smol-toml";
import * as z from "zod/mini";
import { modes, type Refusal } from "../../shared/consent/consent.ts";
import { type Message, message } from "../../shared/protocol/message.ts";
import { uploadSchemaVersions } from "../../shared/schema/upload-schema.ts";
import { didYouMean } from "../../shared/text/did-you-mean.ts";
import { issueText } from "../../shared/text/issue-text.ts";
import { isPublicModel } from "../../shared/vocabulary/models.ts";
import type { OwnPrices } from "../../shared/vocabulary/prices.ts";

const privacyTable = z.strictObject({
  strip_pii: z._default(z.boolean(), true),
  block_sensitive: z._default(z.boolean(), false),
  redact_file_paths: z._default(z.boolean(), true),
  differential_privacy: z._default(z.boolean(), false),
  dp_epsilon: z._default(z.number().check(z.positive(), z.maximum(10)), 1),
});

const usdPerMillion = z.number().check(z.minimum(0), z.maximum(100_000));

/** US dollars per million tokens. */
const priceTable = z.strictObject({
  input: usdPerMillion,
  output: usdPerMillion,
  cache_read: z.optional(usdPerMillion),
  cache_write_5m: z.optional(usdPerMillion),
  cache_write_1h: z.optional(usdPerMillion),
});

const table = "telemetry";

const telemetryTable = z.strictObject({
  mode: z.optional(z.enum(modes)),
  enabled: z.optional(z.boolean()),
  db_path: z.optional(z.string().check(z.refine((path) => isAbsolute(path), "must be an absolute path"))),
  community_contribution: z._default(z.boolean(), false),
  batch_size: z._default(z.int().check(z.minimum(1), z.maximum(10_000)), 100),
  flush_interval_secs: z._default(z.number().check(z.minimum(0.25), z.maximum(86_400)), 60),
  max_db_size_mb: z._default(z.int().check(z.minimum(1), z.maximum(100_000)), 100),
  upload_url: z.optional(z.string()),
  upload_schema: z.optional(z.literal(uploadSchemaVersions)),
  upload_pins: z._default(
    z.array(
      z.string().check(z.regex(/^sha256\/[A-Za-z0-9+/]{43}=$/, "must be sha256/ followed by a base64 SHA-256 hash")),
    ),
    [],
  ),
  ledger_body_days: z.optional(z.int().check(z.minimum(0), z.maximum(36_500))),
  rollup_retention_days: z.optional(z.int().check(z.minimum(1), z.maximum(36_500))),
  retention_days: z._default(z.int().check(z.minimum(1), z.maximum(36_500)), 90),
  privacy: z.prefault(privacyTable, {}),
  prices: z._default(z.record(z.string(), priceTable), {}),
});

const policyTable = z.strictObject({ mode: z.enum(modes) });

export type Config = z.infer<typeof telemetryTable>;

/** A settings file is invalid. The message is for the user: which file, where, and what to do. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

function explain(file: string, table: string, schema: z.ZodMiniObject, error: z.core.$ZodError): ConfigError {
  const issue = error.issues[0];
  if (issue === undefined) return new ConfigError(`${file} is invalid.`);
  if (issue.path[0] === "prices") return priceError(file, issue);
  const keyPath = [table, ...issue.path.map(String)].join(".");
  if (issue.code === "unrecognized_keys") {
    const known = issue.path[0] === "privacy" ? Object.keys(privacyTable.shape) : Object.keys(schema.shape);
    const key = issue.keys[0] ?? "";
    // The message is logged: only text that looks like a key is quoted.
    const name = /^[a-z_]{1,40}$/i.test(key) ? `key ${key}` : "key";
    return new ConfigError(
      `${file}: unknown ${name} in [${keyPath}].${didYouMean(key, known) || ` Valid keys: ${known.join(", ")}.`}`,
    );
  }
  return new ConfigError(`${file}: ${keyPath} ${issueText(issue)}. Correct the value or remove the key.`);
}

/** The message is logged, and a name may be private: it is not quoted. */
function priceError(file: string, issue: z.core.$ZodIssue): ConfigError {
  const [, model, key] = issue.path;
  const at = `${file}: [${table}.prices]`;
  if (model === undefined || (key === undefined && issue.code !== "unrecognized_keys")) {
    return new ConfigError(`${at} needs a table for each model, such as [telemetry.prices."gpt-5.6"].`);
  }
  if (issue.code !== "unrecognized_keys")
    return new ConfigError(
      `${at}, key ${String(key)}: ${issueText(issue)}. Each model needs input and output, and quotation marks around its name.`,
    );
  return new ConfigError(
    `${at} has an unknown key. A model has ${Object.keys(priceTable.shape).join(", ")}; its name needs quotation marks.`,
  );
}

/** Returns the user's prices. @throws ConfigError for a model whose name is not recorded. */
export function ownPrices(file: string, { prices }: Config): OwnPrices {
  return Object.fromEntries(
    Object.entries(prices).map(([name, rates]) => {
      if (!isPublicModel(name)) {
        throw new ConfigError(
          `${file}: [${table}.prices] has a model that is not recorded under this name. Use a public name such as claude-opus-5, or other for all the rest.`,
        );
      }
      const {
        input,
        output,
        cache_read: cacheRead,
        cache_write_5m: cacheWrite5m,
        cache_write_1h: cacheWrite1h,
      } = rates;
      const known = Object.entries({ cacheRead, cacheWrite5m, cacheWrite1h }).filter(([, rate]) => rate !== undefined);
      return [name, { input, output, ...Object.fromEntries(known) }];
    }),
  );
}

/**
 * Returns the table `name` of a TOML text, or an empty one. Syntax errors name only the line: the
 * parser's message would quote the file.
 */
function tableOf(file: string, text: string, name: string): unknown {
  let document: Readonly<Record<string, unknown>>;
  try {
    document = parse(text);
  } catch (error) {
    const line = error instanceof TomlError ? `, line ${error.line}` : "";
    throw new ConfigError(`${file}${line}: not valid TOML. Correct the line or remove the file.`);
  }
  const misplaced = Object.entries(document).find(([key, value]) => key !== name && isMeantForUs(key, value, name));
  if (misplaced !== undefined) throw misplacedError(file, misplaced[0], name, isTable(misplaced[1]));
  return document[name] ?? {};
}

const isTable = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Returns whether an entry outside our table was probably meant for it: a top-level key, a table
 * with a similar name, or a table that contains one of our keys.
 */
function isMeantForUs(key: string, value: unknown, table: string): boolean {
  if (!isTable(value) || didYouMean(key.toLowerCase(), [table]) !== "") return true;
  const ourKeys = new Set(configKeys.map((name) => name.replace("privacy.", "")));
  return key === "privacy" || key === "prices" || Object.keys(value).some((name) => ourKeys.has(name.toLowerCase()));
}

function misplacedError(file: string, key: string, table: string, keyIsTable: boolean): ConfigError {
  // The message is logged: only text that looks like a key is quoted.
  const name = /^[a-z_]{1,40}$/i.test(key) ? ` ${keyIsTable ? `[${key}]` : key}` : "";
  return new ConfigError(
    keyIsTable
      ? `${file}: unknown table${name}. Move its keys to [${table}].`
      : `${file}: key${name} is outside its table. Move it to [${table}].`,
  );
}

/** @throws ConfigError */
export function parseConfig(file: string, text: string): Config {
  const parsed = telemetryTable.safeParse(tableOf(file, text, "telemetry"));
  if (!parsed.success) throw explain(file, "telemetry", telemetryTable, parsed.error);
  return parsed.data;
}

export type ConfigValue = string | number | boolean | readonly string[];

/** All keys below `[telemetry]`; those of `[telemetry.privacy]` are prefixed with `privacy.`. */
export const configKeys: readonly string[] = [
  ...Object.keys(telemetryTable.shape).filter((key) => key !== "privacy" && key !== "prices"),
  ...Object.keys(privacyTable.shape).map((key) => `privacy.${key}`),
];

/** Returns the value of a key; `undefined` if it is not set and has no default. */
export function readSetting(config: Config, key: string): ConfigValue | undefined {
  const [first = "", second] = key.split(".");
  const value: unknown = Reflect.get(config, first);
  return (second === undefined ? value : Reflect.get(Object(value), second)) as ConfigValue | undefined;
}

/** Returns the keys that a file sets. @throws ConfigError */
export function keysIn(file: string, text: string): ReadonlySet<string> {
  const table = Object(tableOf(file, text, "telemetry")) as Readonly<Record<string, unknown>>;
  const privacy = Object.keys(Object(table["privacy"]) as object).map((key) => `privacy.${key}`);
  return new Set([...Object.keys(table).filter((key) => key !== "privacy" && key !== "prices"), ...privacy]);
}

export const defaultConfig: Config = telemetryTable.parse({});

/** Returns the configuration's refusals. The configuration can never grant consent. */
export function configRefusals(file: string, config: Config): readonly Refusal[] {
  const refusal = (key: string, reach: Refusal["reach"]): Refusal => ({
    by: "config_file",
    reach,
    name: `${key} in ${file}`,
  });
  return [
    ...(config.mode === "off" ? [refusal("mode", "all")] : []),
    ...(config.mode === "local" ? [refusal("mode", "sharing")] : []),
    ...(config.enabled === false ? [refusal("enabled", "all")] : []),
  ];
}

function unsupportedNotes<T>(values: T, defaults: T, keys: readonly (keyof T & string)[]): readonly Message[] {
  return keys
    .filter((key) => values[key] !== defaults[key])
    .map((key) => message("{key} has no effect in this version.", { key }));
}

/** Returns a message for each key that is set but has no effect. */
export function configNotes(config: Config): readonly Message[] {
  const { privacy } = config;
  return [
    ...(privacy.strip_pii ? [] : [message("strip_pii = false has no effect: personal data is never recorded.")]),
    ...(privacy.redact_file_paths
      ? []
      : [message("redact_file_paths = false has no effect: paths are never recorded.")]),
    ...unsupportedNotes(config, defaultConfig, ["community_contribution"]),
    ...unsupportedNotes(privacy, defaultConfig.privacy, ["differential_privacy", "dp_epsilon"]),
  ];
}

/** Returns the policy file's refusals; it can only restrict. @throws ConfigError */
export function policyRefusals(file: string, text: string): readonly Refusal[] {
  const parsed = policyTable.safeParse(tableOf(file, text, "telemetry"));
  if (!parsed.success) throw explain(file, "telemetry", policyTable, parsed.error);
  if (parsed.data.mode === "share") return [];
  return [{ by: "policy_file", reach: parsed.data.mode === "off" ? "all" : "sharing", name: file }];
}

/**
 * `config.toml`: the keys of the `[telemetry]` and `[telemetry.privacy]` tables, their types, ranges and defaults.
 *
 * A wrong type or an unknown key is refused by name, with the nearest known one; nothing is guessed, because the key
 * that was mistyped may have been a *no*. So is a key outside its table, and a table that was meant to be ours. Others are left alone.
 */
import { readFileSync, statSync } from "node:fs";
import { isAbsolute } from "node:path";
import { parse, TomlError } from "smol-toml";
import * as z from "zod/mini";
import english from "zod/v4/locales/en.js";
import { modes, type Refusal } from "../../shared/consent/consent.ts";
import { didYouMean } from "../../shared/text/did-you-mean.ts";

// The small build of the library brings no words of its own.
z.config(english());

const privacyTable = z.strictObject({
  strip_pii: z._default(z.boolean(), true),
  block_sensitive: z._default(z.boolean(), false),
  redact_file_paths: z._default(z.boolean(), true),
  differential_privacy: z._default(z.boolean(), false),
  dp_epsilon: z._default(z.number().check(z.positive(), z.maximum(10)), 1),
});

/** Versions of the upload schema that this client knows. */
const uploadSchemaVersions = [1, 2] as const;
export type UploadSchema = (typeof uploadSchemaVersions)[number];

const telemetryTable = z.strictObject({
  mode: z.optional(z.enum(modes)),
  enabled: z.optional(z.boolean()),
  db_path: z.optional(z.string().check(z.refine((path) => isAbsolute(path), "it must be an absolute path"))),
  community_contribution: z._default(z.boolean(), false),
  batch_size: z._default(z.int().check(z.minimum(1), z.maximum(10_000)), 100),
  flush_interval_secs: z._default(z.int().check(z.minimum(1), z.maximum(86_400)), 60),
  max_db_size_mb: z._default(z.int().check(z.minimum(1), z.maximum(100_000)), 100),
  upload_url: z.optional(z.string()),
  upload_schema: z._default(z.literal(uploadSchemaVersions), 1),
  upload_pins: z._default(
    z.array(
      z.string().check(z.regex(/^sha256\/[A-Za-z0-9+/]{43}=$/, "it must be sha256/ and 43 characters of base64")),
    ),
    [],
  ),
  ledger_body_days: z.optional(z.int().check(z.minimum(0), z.maximum(36_500))),
  retention_days: z._default(z.int().check(z.minimum(1), z.maximum(36_500)), 90),
  privacy: z.prefault(privacyTable, {}),
});

const policyTable = z.strictObject({ mode: z.enum(modes) });

export type Config = z.infer<typeof telemetryTable>;

/** A file that cannot be used: which, where in it, and what to do. Its message is for the user. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

function explain(file: string, table: string, schema: z.ZodMiniObject, error: z.core.$ZodError): ConfigError {
  const issue = error.issues[0];
  if (issue === undefined) return new ConfigError(`${file} cannot be used.`);
  const place = [table, ...issue.path.map(String)].join(".");
  if (issue.code === "unrecognized_keys") {
    const known = issue.path[0] === "privacy" ? Object.keys(privacyTable.shape) : Object.keys(schema.shape);
    const key = issue.keys[0] ?? "";
    // This goes to a log: what does not look like a key is not quoted.
    const name = /^[a-z_]{1,40}$/i.test(key) ? `key ${key}` : "key";
    return new ConfigError(
      `${file}: unknown ${name} in [${place}].${didYouMean(key, known) || ` Known keys: ${known.join(", ")}.`}`,
    );
  }
  return new ConfigError(`${file}: ${place} cannot be used (${issue.message}). Correct the value or remove the key.`);
}

/** The table `name` of a TOML text, or an empty one. The parser's own message would quote the file; ours names the line. */
function tableOf(file: string, text: string, name: string): unknown {
  let document: Readonly<Record<string, unknown>>;
  try {
    document = parse(text);
  } catch (error) {
    const line = error instanceof TomlError ? `, line ${error.line}` : "";
    throw new ConfigError(`${file}${line}: this is not valid TOML. Correct the line, or remove the file.`);
  }
  const strange = Object.entries(document).find(([key, value]) => key !== name && mayBeOurs(key, value, name));
  if (strange !== undefined) throw misplaced(file, strange[0], name, isTable(strange[1]));
  return document[name] ?? {};
}

const isTable = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether what is outside our table was meant for it: a key, a table of nearly its name, or one with a key of ours. */
function mayBeOurs(key: string, value: unknown, table: string): boolean {
  if (!isTable(value) || didYouMean(key.toLowerCase(), [table]) !== "") return true;
  const own = new Set(configKeys.map((name) => name.replace("privacy.", "")));
  return key === "privacy" || Object.keys(value).some((name) => own.has(name.toLowerCase()));
}

/** A key or table outside the one table there is: it may have been meant as a *no*. */
function misplaced(file: string, key: string, table: string, keyIsTable: boolean): ConfigError {
  // This goes to a log: what does not look like a key is not quoted.
  const name = /^[a-z_]{1,40}$/i.test(key) ? ` ${keyIsTable ? `[${key}]` : key}` : "";
  return new ConfigError(
    keyIsTable
      ? `${file}: unknown table${name}. Our table is [${table}]; move its keys there.`
      : `${file}: the key${name} is outside its table. Put it below [${table}].`,
  );
}

/** @throws ConfigError */
export function parseConfig(file: string, text: string): Config {
  const parsed = telemetryTable.safeParse(tableOf(file, text, "telemetry"));
  if (!parsed.success) throw explain(file, "telemetry", telemetryTable, parsed.error);
  return parsed.data;
}

export type ConfigValue = string | number | boolean | readonly string[];

/** Every key, as it is named in `[telemetry]`: those of `[telemetry.privacy]` with their table. */
export const configKeys: readonly string[] = [
  ...Object.keys(telemetryTable.shape).filter((key) => key !== "privacy"),
  ...Object.keys(privacyTable.shape).map((key) => `privacy.${key}`),
];

/** The value of a key; `undefined` where it is neither set nor has a default. */
export function readSetting(config: Config, key: string): ConfigValue | undefined {
  const [first = "", second] = key.split(".");
  const value: unknown = Reflect.get(config, first);
  return (second === undefined ? value : Reflect.get(Object(value), second)) as ConfigValue | undefined;
}

/** Which keys a file sets. @throws ConfigError */
export function keysIn(file: string, text: string): ReadonlySet<string> {
  const table = Object(tableOf(file, text, "telemetry")) as Readonly<Record<string, unknown>>;
  const privacy = Object.keys(Object(table["privacy"]) as object).map((key) => `privacy.${key}`);
  return new Set([...Object.keys(table).filter((key) => key !== "privacy"), ...privacy]);
}

export const defaultConfig: Config = telemetryTable.parse({});

/** What the configuration forbids. It can never say yes: a `true` is a wish that the consent page serves. */
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

/** A sentence for each of the keys that is set to something else than its default and is not followed yet. */
function withoutEffect<T>(given: T, usual: T, keys: readonly (keyof T & string)[]): readonly string[] {
  return keys.filter((key) => given[key] !== usual[key]).map((key) => `${key} has no effect in this version.`);
}

/** Keys that are accepted and have no effect, each as a sentence for the status. */
export function configNotes(config: Config): readonly string[] {
  const { privacy } = config;
  return [
    ...(privacy.strip_pii ? [] : ["strip_pii = false has no effect: personal data is never recorded."]),
    ...(privacy.redact_file_paths ? [] : ["redact_file_paths = false has no effect: paths are never recorded."]),
    ...withoutEffect(config, defaultConfig, ["batch_size", "flush_interval_secs"]),
    ...withoutEffect(config, defaultConfig, ["community_contribution"]),
    ...withoutEffect(privacy, defaultConfig.privacy, ["differential_privacy", "dp_epsilon"]),
  ];
}

/** The system's policy file can only narrow. @throws ConfigError */
export function policyRefusals(file: string, text: string): readonly Refusal[] {
  const parsed = policyTable.safeParse(tableOf(file, text, "telemetry"));
  if (!parsed.success) throw explain(file, "telemetry", policyTable, parsed.error);
  if (parsed.data.mode === "share") return [];
  return [{ by: "policy_file", reach: parsed.data.mode === "off" ? "all" : "sharing", name: file }];
}

/** The text of a file, read again only when its size, time or inode changed; `null` where there is none. */
export class WatchedFile {
  readonly file: string;
  #stamp = "";
  #text: string | null = null;

  constructor(file: string) {
    this.file = file;
  }

  /** @throws the file system's error, where the file exists and cannot be read. */
  read(): string | null {
    const stat = statSync(this.file, { throwIfNoEntry: false });
    const stamp = stat === undefined ? "none" : `${stat.ino}:${stat.size}:${stat.mtimeMs}`;
    if (stamp !== this.#stamp) {
      this.#text = stat === undefined ? null : readFileSync(this.file, "utf8");
      this.#stamp = stamp;
    }
    return this.#text;
  }
}

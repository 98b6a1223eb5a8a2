/**
 * The configuration of `nexus-cloud`: a TOML file, overridden by environment variables.
 * Every key has a default that works on one machine.
 */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { parse, TomlError } from "smol-toml";
import * as z from "zod";
import { issueText } from "../shared/text/issue-text.ts";
import { kafkaAddress } from "./kafka-address.ts";

const number = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

const schema = z.strictObject({
  /** Address to listen on. Any address other than loopback needs a TLS proxy in front. */
  host: z.string().min(1).default("127.0.0.1"),
  port: number(0, 65_535).default(8787),
  /**
   * Address of metrics and operator routes, separate from the public one. Default port: `port` + 1.
   */
  operator_host: z.string().min(1).default("127.0.0.1"),
  operator_port: number(0, 65_535).optional(),
  /** Address of the query API, which needs a key. Default port: `port` + 2. */
  analytics_host: z.string().min(1).default("127.0.0.1"),
  analytics_port: number(0, 65_535).optional(),
  /** Folder of the keys, the log and the embedded stores. */
  data: z.string().min(1).default(join(homedir(), "nexus-cloud")),
  /** Bearer tokens, separated by commas. If empty, enrolment and signature are enough. */
  tokens: z.string().default(""),
  /** The largest upload schema that is accepted. */
  upload_schema: number(1, 2).default(2),
  /** `files`, or `kafka://host:port,host:port/topic`. */
  log: z
    .string()
    .refine((text) => text === "files" || kafkaAddress(text) !== undefined, {
      message: 'must be "files" or kafka://host:port/topic',
    })
    .default("files"),
  /** Partitions of the topic when it is created. */
  log_partitions: number(1, 1_000).default(6),
  /** `chdb`, or the URL of a ClickHouse server. */
  warehouse: z.string().default("chdb"),
  /** ClickHouse cluster on which replicated and distributed tables are created. Empty: one node. */
  cluster: z
    .string()
    .regex(/^[A-Za-z0-9_-]{0,64}$/, "must be up to 64 letters, digits, _ or -")
    .default(""),
  /** Column encryption by the ClickHouse server, which needs a key for it (`deploy/`). */
  encrypted: z.union([z.boolean(), z.stringbool()]).default(false),
  /** `pglite`, or the URL of a PostgreSQL server. */
  aggregates: z.string().default("pglite"),
  /** Requests per minute of one installation. */
  requests_per_minute: number(1, 1_000_000).default(600),
  /** Refused requests per minute of all unknown clients. Default: `requests_per_minute`. */
  refused_per_minute: number(1, 1_000_000).optional(),
  /**
   * Zero bits of an enrolment's proof of work (servers without tokens). Each bit doubles the cost.
   * 0: none.
   */
  enrolment_proof_bits: number(0, 26).default(16),
  /**
   * Enrolments per minute without a proof of work, for all clients together (clients before version
   * 0.9).
   */
  enrolments_without_proof_per_minute: number(1, 1_000_000).optional(),
  /**
   * Events per minute of an installation in its first day, and of all such installations together.
   */
  new_events_per_minute: number(1, 1e9).optional(),
  all_new_events_per_minute: number(1, 1e9).optional(),
  /** Additional product versions, separated by commas, that get their own metrics label. */
  versions: z.string().default(""),
  /** Seconds within which a request must arrive completely. */
  request_seconds: number(1, 600).default(30),
  /** Log bytes not yet in the warehouse above which batches are answered 503. */
  most_waiting_bytes: number(1_000_000, 1e12).default(512 * 1_048_576),
  /** Maximum rows of one insert, and milliseconds to wait for more rows. */
  insert_rows: number(1, 1_000_000).default(50_000),
  insert_ms: number(1, 60_000).default(250),
  /** k-anonymity: daily, monthly and old hourly cells with fewer users are suppressed. 1: none. */
  least_users: number(1, 1_000_000).default(10),
  /** The query API hides groups with fewer users. 1: none. */
  min_group_users: number(1, 1_000_000).default(5),
  /**
   * The operator declares that `data` and the servers' volumes are on encrypted disks; `doctor`
   * then does not warn.
   */
  encrypted_at_rest: z.union([z.boolean(), z.stringbool()]).default(false),
});
export type Config = z.infer<typeof schema>;

/** An invalid configuration. The message names the key or file. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

type Environment = Readonly<Record<string, string | undefined>>;

const prefix = "NEXUS_CLOUD_";

/**
 * Reads the file in `NEXUS_CLOUD_CONFIG`, then overrides its keys with `NEXUS_CLOUD_PORT` and so
 * on.
 * @throws ConfigError
 */
export function configFrom(env: Environment): Config {
  const file = env[`${prefix}CONFIG`];
  const values: Record<string, unknown> = { ...(file === undefined || file === "" ? {} : read(file)) };
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith(prefix) || name === `${prefix}CONFIG` || value === undefined) continue;
    values[name.slice(prefix.length).toLowerCase()] = value;
  }
  const parsed = schema.safeParse(values);
  if (parsed.success) return { ...parsed.data, data: resolve(parsed.data.data) };
  const [issue] = parsed.error.issues;
  const key = issue?.code === "unrecognized_keys" ? issue.keys.join(", ") : (issue?.path.join(".") ?? "");
  const known = issue?.code === "unrecognized_keys" ? ` Valid keys: ${Object.keys(schema.shape).join(", ")}.` : "";
  const reason = issue === undefined ? "is not a valid value" : known === "" ? issueText(issue) : "is unknown";
  throw new ConfigError(`${key}: ${reason}.${known}`);
}

/** @throws ConfigError */
function read(file: string): object {
  if (!isAbsolute(file) || !existsSync(file))
    throw new ConfigError(`${prefix}CONFIG (${file}) must be an absolute path to an existing file.`);
  try {
    return parse(readFileSync(file, "utf8"));
  } catch (error) {
    const line = error instanceof TomlError ? `, line ${error.line}` : "";
    throw new ConfigError(`${file}${line}: invalid TOML.`);
  }
}

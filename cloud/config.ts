/** What `nexus-cloud` may be told: a TOML file, and the environment over it. Everything has a default that works on one machine. */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { parse, TomlError } from "smol-toml";
import * as z from "zod";
import { kafkaAddress } from "./kafka-address.ts";

const number = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

const schema = z.strictObject({
  /** Where it listens. Anything but loopback wants a proxy with TLS before it. */
  host: z.string().min(1).default("127.0.0.1"),
  port: number(0, 65_535).default(8787),
  /** Where metrics and the operator's routes are, apart from what the world reaches. The port: one more than `port` by default. */
  operator_host: z.string().min(1).default("127.0.0.1"),
  operator_port: number(0, 65_535).optional(),
  /** Keys, log, warehouse and aggregates of the embedded form. */
  data: z.string().min(1).default(join(homedir(), "nexus-cloud")),
  /** Bearer tokens, separated by commas; with none, enrolment and signature are all that is asked for. */
  tokens: z.string().default(""),
  /** `files`, or `kafka://host:port,host:port/topic`. */
  log: z
    .string()
    .refine((text) => text === "files" || kafkaAddress(text) !== undefined, {
      message: "is neither files nor kafka://host:port/topic",
    })
    .default("files"),
  /** Of the topic, when it is made. */
  log_partitions: number(1, 1_000).default(6),
  /** `chdb`, or the address of a ClickHouse server. */
  warehouse: z.string().default("chdb"),
  /** The cluster's name: tables are made on it, replicated and distributed. Empty: one node. */
  cluster: z
    .string()
    .regex(/^[A-Za-z0-9_-]{0,64}$/)
    .default(""),
  /** Columns are encrypted by the warehouse's server as well, which must have a key for that (`deploy/`). */
  encrypted: z.union([z.boolean(), z.stringbool()]).default(false),
  /** `pglite`, or the address of a PostgreSQL server. */
  aggregates: z.string().default("pglite"),
  /** Requests of one installation a minute. */
  requests_per_minute: number(1, 1_000_000).default(600),
  /** Requests a minute of all who are refused and not known; `requests_per_minute` by default. */
  refused_per_minute: number(1, 1_000_000).optional(),
  /** Zero bits of the proof of work of an enrolment on a server without tokens; each one more doubles its cost. 0: none. */
  enrolment_proof_bits: number(0, 26).default(16),
  /** Enrolments a minute without a proof, of all together: of clients before version 0.9. */
  enrolments_without_proof_per_minute: number(1, 1_000_000).optional(),
  /** Events a minute of an installation in its first day, and of all those together. */
  new_events_per_minute: number(1, 1e9).optional(),
  all_new_events_per_minute: number(1, 1e9).optional(),
  /** Versions of the product, separated by commas, that metrics name beside those this server knows. */
  versions: z.string().default(""),
  /** Seconds that a request may take to come in. */
  request_seconds: number(1, 600).default(30),
  /** Bytes that may wait in the log for the warehouse before batches are turned away. */
  most_waiting_bytes: number(1_000_000, 1e12).default(512 * 1_048_576),
  /** Rows of one insert, and milliseconds that they are waited for. */
  insert_rows: number(1, 1_000_000).default(50_000),
  insert_ms: number(1, 60_000).default(250),
  /** A daily, monthly or old hourly cell with fewer users is not kept. 1: all are. */
  least_users: number(1, 1_000_000).default(10),
  /** The operator's word that `data`, and the volumes of the servers, are on encrypted disks: `doctor` then does not warn. */
  encrypted_at_rest: z.union([z.boolean(), z.stringbool()]).default(false),
});
export type Config = z.infer<typeof schema>;

/** What is wrong with the configuration, for the operator. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

type Environment = Readonly<Record<string, string | undefined>>;

const prefix = "NEXUS_CLOUD_";

/** `NEXUS_CLOUD_CONFIG` names the file; `NEXUS_CLOUD_PORT` and so on stand over its keys. @throws ConfigError */
export function configFrom(env: Environment): Config {
  const file = env[`${prefix}CONFIG`];
  const values = file === undefined || file === "" ? {} : read(file);
  const given: Record<string, unknown> = { ...values };
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith(prefix) || name === `${prefix}CONFIG` || value === undefined) continue;
    given[name.slice(prefix.length).toLowerCase()] = value;
  }
  const parsed = schema.safeParse(given);
  if (parsed.success) return { ...parsed.data, data: resolve(parsed.data.data) };
  const [issue] = parsed.error.issues;
  const key = issue?.code === "unrecognized_keys" ? issue.keys.join(", ") : (issue?.path.join(".") ?? "");
  const known = issue?.code === "unrecognized_keys" ? ` There are ${Object.keys(schema.shape).join(", ")}.` : "";
  throw new ConfigError(`${key}: ${issue?.message ?? "cannot be used"}.${known}`);
}

/** @throws ConfigError */
function read(file: string): object {
  if (!isAbsolute(file) || !existsSync(file)) throw new ConfigError(`${file} is no file with an absolute path.`);
  try {
    return parse(readFileSync(file, "utf8"));
  } catch (error) {
    const line = error instanceof TomlError ? `, line ${error.line}` : "";
    throw new ConfigError(`${file}${line}: this is not valid TOML.`);
  }
}

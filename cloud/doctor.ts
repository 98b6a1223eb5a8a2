/**
 * Shows the configuration and checks folder, stores and encryption, with advice for each problem.
 * Read-only; never opens an embedded engine, which another process may own.
 */
import { accessSync, constants, existsSync, readdirSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import { openPostgres } from "./aggregates/postgres.ts";
import { type Config, ConfigError, configFrom } from "./config.ts";
import { kafkaAddress } from "./kafka-address.ts";
import { isLoopback } from "./loopback.ts";
import { tables } from "./warehouse/schema.ts";
import { Warehouse } from "./warehouse/warehouse.ts";

interface Diagnosis {
  readonly lines: readonly string[];
  readonly isOk: boolean;
}

/** Smaller minimums protect a single user poorly (k-anonymity). */
const minSafeUsers = 5;
const minFreeBytes = 1_073_741_824;

const isSecret = (key: string) => key === "tokens";
const settingText = (key: string, value: unknown): string =>
  isSecret(key) ? (value === "" ? "none" : "set") : addressText(String(value));

/**
 * URLs may contain a password before the host or in the query. Text that may be a mistyped URL is
 * not shown.
 */
function addressText(text: string): string {
  if (URL.canParse(text) && text.includes("://")) {
    const { protocol, host, pathname, username, search } = new URL(text);
    return `${protocol}//${username === "" ? "" : "…@"}${host}${pathname}${search === "" ? "" : "?…"}`;
  }
  return /:\/\/|password|@/i.test(text) ? "(set, not a valid URL)" : text;
}

export async function diagnose(env: Readonly<Record<string, string | undefined>>): Promise<Diagnosis> {
  let config: Config;
  try {
    config = configFrom(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { lines: [`✗ Configuration: ${error.message}`], isOk: false };
  }
  const checks = [
    folderCheck(config),
    spaceCheck(config),
    exposureCheck(config),
    operatorCheck(config),
    analyticsCheck(config),
    privacyCheck(config),
    await logCheck(config),
    ...(await warehouseChecks(config)),
    await aggregatesCheck(config),
    atRestCheck(config),
  ];
  const settings = Object.entries(config).map(([key, value]) => `  ${key} = ${settingText(key, value)}`);
  return {
    lines: [
      "Configuration:",
      ...settings,
      "",
      ...checks.map(({ isOk, isWarning, text }) => `${isOk ? (isWarning === true ? "!" : "✓") : "✗"} ${text}`),
    ],
    isOk: checks.every(({ isOk }) => isOk),
  };
}

interface DoctorCheck {
  readonly isOk: boolean;
  /** The server works, but the operator should act. */
  readonly isWarning?: boolean;
  readonly text: string;
}

function folderCheck({ data }: Config): DoctorCheck {
  if (!existsSync(data)) return { isOk: true, text: `${data} does not exist yet; created at first start.` };
  try {
    accessSync(data, constants.W_OK);
  } catch {
    return { isOk: false, text: `${data} is not writable. Check its permissions.` };
  }
  const mode = statSync(data).mode & 0o077;
  const segments = existsSync(join(data, "log"))
    ? readdirSync(join(data, "log")).filter((name) => name.endsWith(".log")).length
    : 0;
  return mode === 0
    ? { isOk: true, text: `${data} is private to this user; ${segments} log segments.` }
    : { isOk: false, text: `${data} is readable by other users. Run: chmod 700 ${data}` };
}

function spaceCheck({ data }: Config): DoctorCheck {
  const folder = existsSync(data) ? data : "/";
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  const gigabytes = (free / 1_073_741_824).toFixed(1);
  return free >= minFreeBytes
    ? { isOk: true, text: `Free disk space: ${gigabytes} GB.` }
    : { isOk: false, text: `Free disk space: only ${gigabytes} GB. Batches are rejected when the disk is full.` };
}

function exposureCheck({ host }: Config): DoctorCheck {
  return isLoopback(host)
    ? { isOk: true, text: "Listens on loopback only; use a TLS proxy in front." }
    : { isOk: true, text: `Listens on ${host} without TLS. Only a TLS proxy may reach it.` };
}

function operatorCheck({ operator_host: host }: Config): DoctorCheck {
  return isLoopback(host)
    ? { isOk: true, text: "Metrics: loopback only." }
    : { isOk: true, isWarning: true, text: `Metrics: on ${host}. Only the operator's network may reach it.` };
}

function analyticsCheck({ analytics_host: host }: Config): DoctorCheck {
  return isLoopback(host)
    ? { isOk: true, text: "Query API: loopback only." }
    : { isOk: true, isWarning: true, text: `Query API: on ${host} without TLS. Only a TLS proxy may reach it.` };
}

function privacyCheck({ least_users: users }: Config): DoctorCheck {
  return users >= minSafeUsers
    ? { isOk: true, text: `Totals with fewer than ${users} established users are suppressed.` }
    : {
        isOk: true,
        isWarning: true,
        text: `Totals are kept from ${users} established users on. Set least_users to ${minSafeUsers} or more.`,
      };
}

/** Shows what nexus-cloud encrypts itself and what depends on disk encryption. */
function atRestCheck(config: Config): DoctorCheck {
  const isKafka = kafkaAddress(config.log) !== undefined;
  const encrypted = [
    "installation secrets",
    ...(isKafka ? ["Kafka records"] : []),
    ...(config.encrypted ? ["warehouse columns"] : []),
  ];
  const unencrypted = [
    ...(isKafka ? [] : ["log segments"]),
    ...(config.encrypted ? [] : ["warehouse columns"]),
    config.aggregates === "pglite" ? "PGlite files" : "PostgreSQL files",
    "monthly files",
  ];
  const summary = `Encrypted at rest by nexus-cloud: ${encrypted.join(", ")}; not encrypted: ${unencrypted.join(", ")}.`;
  return config.encrypted_at_rest
    ? { isOk: true, text: `${summary} Their volumes are declared encrypted (encrypted_at_rest).` }
    : {
        isOk: true,
        isWarning: true,
        text: `${summary} Use encrypted volumes (LUKS, FileVault), then set encrypted_at_rest = true.`,
      };
}

async function warehouseChecks({ warehouse, data }: Config): Promise<readonly DoctorCheck[]> {
  if (warehouse === "chdb") {
    return [{ isOk: true, text: "Warehouse: chDB, in the server's process." }];
  }
  const client = Warehouse.open(warehouse, data);
  try {
    const [row] = await client.query<{ columns: string; sealed: string; disks: string; encrypted: string }>(
      `SELECT count() AS columns, countIf(compression_codec LIKE '%AES_256_GCM_SIV%') AS sealed,
         (SELECT count() FROM system.disks) AS disks, (SELECT countIf(is_encrypted) FROM system.disks) AS encrypted
       FROM system.columns WHERE database = currentDatabase() AND match(table, '^(${tables.map(({ name }) => name).join("|")})(_local)?$')`,
    );
    return [
      { isOk: true, text: "Warehouse: connected." },
      { isOk: true, text: atRestText(row) },
    ];
  } catch {
    // The client's error may contain the URL with its password.
    return [{ isOk: false, text: "Warehouse: connection failed. Check address, user, password and server." }];
  } finally {
    await client.close();
  }
}

function atRestText(row: Readonly<Record<string, string>> | undefined): string {
  const number = (name: string) => Number(row?.[name] ?? 0);
  const columns = `${number("sealed")} of ${number("columns")} columns (AES-256-GCM-SIV)`;
  const disks = `${number("encrypted")} of ${number("disks")} disks`;
  const isComplete = number("sealed") > 0 && number("sealed") === number("columns") && number("encrypted") > 0;
  return `At rest: the warehouse encrypts ${columns} and ${disks}.${isComplete ? "" : " See deploy/README.md."}`;
}

async function aggregatesCheck({ aggregates, data }: Config): Promise<DoctorCheck> {
  if (aggregates === "pglite") return { isOk: true, text: "Totals: PGlite, in the server's process." };
  const postgres = await openPostgres(aggregates, data);
  try {
    await postgres.query("SELECT 1", []);
    return { isOk: true, text: "PostgreSQL: connected. Encrypt its volume on its host." };
  } catch {
    return {
      isOk: false,
      text: "PostgreSQL: connection failed. Check address, user, password and server.",
    };
  } finally {
    await postgres.close();
  }
}

async function logCheck({ log }: Config): Promise<DoctorCheck> {
  const address = kafkaAddress(log);
  if (address === undefined) return { isOk: true, text: "Log: files in the data folder." };
  const { brokersAnswer } = await import("./log/kafka.ts");
  return (await brokersAnswer(address))
    ? { isOk: true, text: `Kafka: connected. Records of ${address.topic} are encrypted with AES-256-GCM.` }
    : { isOk: false, text: "Kafka: connection failed. Check addresses, user, password and brokers." };
}

/** Says what is configured, what is there and what is wrong, each with what to do. Looks alone: it opens no engine that another process owns. */
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
  readonly sound: boolean;
}

/** A smaller minimum does not hide a single user well. */
const minSafeUsers = 5;
const minFreeBytes = 1_073_741_824;

const isSecret = (key: string) => key === "tokens";
const shown = (key: string, value: unknown): string =>
  isSecret(key) ? (value === "" ? "none" : "set") : addressText(String(value));

/** Addresses may carry a password before the host or behind the path; what is no address and may be one is not shown. */
function addressText(text: string): string {
  if (URL.canParse(text) && text.includes("://")) {
    const { protocol, host, pathname, username, search } = new URL(text);
    return `${protocol}//${username === "" ? "" : "…@"}${host}${pathname}${search === "" ? "" : "?…"}`;
  }
  return /:\/\/|password|@/i.test(text) ? "(set, and not a valid address)" : text;
}

export async function diagnose(env: Readonly<Record<string, string | undefined>>): Promise<Diagnosis> {
  let config: Config;
  try {
    config = configFrom(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { lines: [`✗ configuration: ${error.message}`], sound: false };
  }
  const checks = [
    folderCheck(config),
    spaceCheck(config),
    exposureCheck(config),
    operatorCheck(config),
    privacyCheck(config),
    await logCheck(config),
    ...(await warehouseChecks(config)),
    await aggregatesCheck(config),
    atRestCheck(config),
  ];
  const settings = Object.entries(config).map(([key, value]) => `  ${key} = ${shown(key, value)}`);
  return {
    lines: [
      "Configuration:",
      ...settings,
      "",
      ...checks.map(({ sound, warns, text }) => `${sound ? (warns === true ? "!" : "✓") : "✗"} ${text}`),
    ],
    sound: checks.every(({ sound }) => sound),
  };
}

interface DoctorCheck {
  readonly sound: boolean;
  /** Nothing is wrong that the server knows of, and the operator should look. */
  readonly warns?: boolean;
  readonly text: string;
}

function folderCheck({ data }: Config): DoctorCheck {
  if (!existsSync(data)) return { sound: true, text: `${data} is not there yet; the first start makes it.` };
  try {
    accessSync(data, constants.W_OK);
  } catch {
    return { sound: false, text: `${data} cannot be written. Give this user the right to.` };
  }
  const mode = statSync(data).mode & 0o077;
  const waiting = existsSync(join(data, "log"))
    ? readdirSync(join(data, "log")).filter((name) => name.endsWith(".log")).length
    : 0;
  return mode === 0
    ? { sound: true, text: `${data} is for this user alone; ${waiting} segments of the log.` }
    : { sound: false, text: `${data} can be read by others. chmod 700 ${data}` };
}

function spaceCheck({ data }: Config): DoctorCheck {
  const folder = existsSync(data) ? data : "/";
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  const gigabytes = (free / 1_073_741_824).toFixed(1);
  return free >= minFreeBytes
    ? { sound: true, text: `${gigabytes} GB are free.` }
    : { sound: false, text: `Only ${gigabytes} GB are free: batches are turned away when the disk is full.` };
}

function exposureCheck({ host }: Config): DoctorCheck {
  return isLoopback(host)
    ? { sound: true, text: "It listens to this machine alone; a proxy before it brings TLS." }
    : { sound: true, text: `It listens on ${host} without TLS: let nothing but a proxy with TLS reach it.` };
}

function operatorCheck({ operator_host: host }: Config): DoctorCheck {
  return isLoopback(host)
    ? { sound: true, text: "Metrics listen on loopback only." }
    : { sound: true, warns: true, text: `Metrics are on ${host}: let nothing but the operator's network reach it.` };
}

function privacyCheck({ least_users: users }: Config): DoctorCheck {
  return users >= minSafeUsers
    ? { sound: true, text: `Totals with fewer than ${users} established users are not kept.` }
    : {
        sound: true,
        warns: true,
        text: `Totals are kept from ${users} users on (least_users): ${minSafeUsers} hide one user better.`,
      };
}

/** What this product encrypts itself, and what it leaves to the disk. */
function atRestCheck(config: Config): DoctorCheck {
  const isKafka = kafkaAddress(config.log) !== undefined;
  const encrypted = [
    "secrets of installations",
    ...(isKafka ? ["records on Kafka"] : []),
    ...(config.encrypted ? ["columns of the warehouse"] : []),
  ];
  const open = [
    ...(isKafka ? [] : ["segments of the log"]),
    ...(config.encrypted ? [] : ["the warehouse's columns"]),
    config.aggregates === "pglite" ? "PGlite's files" : "PostgreSQL's files",
    "monthly files",
  ];
  const what = `At rest: encrypted by nexus-cloud are ${listed(encrypted)}; not encrypted by it are ${listed(open)}.`;
  return config.encrypted_at_rest
    ? { sound: true, text: `${what} You declare their volumes encrypted (encrypted_at_rest).` }
    : {
        sound: true,
        warns: true,
        text: `${what} Put them on encrypted volumes (LUKS, FileVault), then set encrypted_at_rest = true.`,
      };
}

const listed = (names: readonly string[]): string =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;

/** What the servers do is asked of them; what they cannot say is said here. */
async function warehouseChecks({ warehouse, data }: Config): Promise<readonly DoctorCheck[]> {
  if (warehouse === "chdb") {
    return [{ sound: true, text: "The warehouse is chDB, in the server's process." }];
  }
  const client = Warehouse.open(warehouse, data);
  try {
    const [found] = await client.query<{ columns: string; sealed: string; disks: string; encrypted: string }>(
      `SELECT count() AS columns, countIf(compression_codec LIKE '%AES_256_GCM_SIV%') AS sealed,
         (SELECT count() FROM system.disks) AS disks, (SELECT countIf(is_encrypted) FROM system.disks) AS encrypted
       FROM system.columns WHERE database = currentDatabase() AND match(table, '^(${tables.map(({ name }) => name).join("|")})(_local)?$')`,
    );
    return [
      { sound: true, text: "The warehouse answers." },
      { sound: true, text: atRestText(found) },
    ];
  } catch {
    // What the client says of it may hold the address with its password.
    return [
      { sound: false, text: "The warehouse does not answer. Are its address, user and password right, and is it up?" },
    ];
  } finally {
    await client.close();
  }
}

function atRestText(found: Readonly<Record<string, string>> | undefined): string {
  const number = (name: string) => Number(found?.[name] ?? 0);
  const sealed = `${number("sealed")} of ${number("columns")} columns by AES-256-GCM-SIV`;
  const disks = `${number("encrypted")} of ${number("disks")} disks`;
  const all = number("sealed") > 0 && number("sealed") === number("columns") && number("encrypted") > 0;
  return `At rest: the warehouse encrypts ${sealed}, ${disks}.${all ? "" : " deploy/README.md says how."}`;
}

async function aggregatesCheck({ aggregates, data }: Config): Promise<DoctorCheck> {
  if (aggregates === "pglite") return { sound: true, text: "The totals are in PGlite, in the server's process." };
  const postgres = await openPostgres(aggregates, data);
  try {
    await postgres.query("SELECT 1", []);
    return { sound: true, text: "PostgreSQL answers; its volume is encrypted by its host, or not at all." };
  } catch {
    return {
      sound: false,
      text: "PostgreSQL does not answer. Are its address, user and password right, and is it up?",
    };
  } finally {
    await postgres.close();
  }
}

async function logCheck({ log }: Config): Promise<DoctorCheck> {
  const address = kafkaAddress(log);
  if (address === undefined) return { sound: true, text: "The log is files in the folder." };
  const { brokersAnswer } = await import("./log/kafka.ts");
  return (await brokersAnswer(address))
    ? { sound: true, text: `The brokers answer; what goes to ${address.topic} is sealed with AES-256-GCM.` }
    : { sound: false, text: "No broker answers. Are their addresses, user and password right, and are they up?" };
}

/** Says what is configured, what is there and what is wrong, each with what to do. Looks alone: it opens no engine that another process owns. */
import { accessSync, constants, existsSync, readdirSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Config, ConfigError, configFrom } from "./config.ts";

interface Diagnosis {
  readonly lines: readonly string[];
  readonly sound: boolean;
}

const leastFreeBytes = 1_073_741_824;

const isSecret = (key: string) => key === "tokens";
/** Addresses may carry a password. */
const shown = (key: string, value: unknown): string =>
  isSecret(key) ? (value === "" ? "none" : "set") : String(value).replace(/\/\/[^@/]*@/, "//…@");

export async function diagnosed(env: Readonly<Record<string, string | undefined>>): Promise<Diagnosis> {
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
    atRestCheck(config),
    await warehouseCheck(config),
  ];
  const settings = Object.entries(config).map(([key, value]) => `  ${key} = ${shown(key, value)}`);
  return {
    lines: ["Configuration:", ...settings, "", ...checks.map(({ sound, text }) => `${sound ? "✓" : "✗"} ${text}`)],
    sound: checks.every(({ sound }) => sound),
  };
}

interface Check {
  readonly sound: boolean;
  readonly text: string;
}

function folderCheck({ data }: Config): Check {
  if (!existsSync(data)) return { sound: true, text: `${data} is not there yet; the first start makes it.` };
  try {
    accessSync(data, constants.W_OK);
  } catch {
    return { sound: false, text: `${data} cannot be written. Give this user the right to.` };
  }
  const mode = statSync(data).mode & 0o077;
  const waiting = existsSync(join(data, "log")) ? readdirSync(join(data, "log")).length : 0;
  return mode === 0
    ? { sound: true, text: `${data} is for this user alone; ${waiting} segments of the log.` }
    : { sound: false, text: `${data} can be read by others. chmod 700 ${data}` };
}

function spaceCheck({ data }: Config): Check {
  const folder = existsSync(data) ? data : "/";
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  const gigabytes = (free / 1_073_741_824).toFixed(1);
  return free >= leastFreeBytes
    ? { sound: true, text: `${gigabytes} GB are free.` }
    : { sound: false, text: `Only ${gigabytes} GB are free: batches are turned away when the disk is full.` };
}

function exposureCheck({ host }: Config): Check {
  const isLoopback = host === "127.0.0.1" || host === "::1" || host === "localhost";
  return isLoopback
    ? { sound: true, text: "It listens to this machine alone; a proxy before it brings TLS." }
    : { sound: true, text: `It listens on ${host} without TLS: let nothing but a proxy with TLS reach it.` };
}

function atRestCheck({ warehouse, aggregates }: Config): Check {
  const embedded = warehouse === "chdb" || aggregates === "pglite";
  return {
    sound: true,
    text: embedded
      ? "At rest: the embedded engines do not encrypt; put the folder on an encrypted disk (LUKS, FileVault)."
      : "At rest: the servers encrypt, if they are told to (deploy/README.md).",
  };
}

async function warehouseCheck({ warehouse }: Config): Promise<Check> {
  if (warehouse === "chdb") return { sound: true, text: "The warehouse is chDB, in the server's process." };
  try {
    const answer = await fetch(new URL("/ping", warehouse), { signal: AbortSignal.timeout(5_000) });
    return answer.ok
      ? { sound: true, text: "The warehouse answers." }
      : { sound: false, text: `The warehouse answered ${answer.status}.` };
  } catch {
    return { sound: false, text: "The warehouse does not answer. Is its address right, and is it up?" };
  }
}

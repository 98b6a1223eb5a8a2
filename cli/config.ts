/** The configuration as the command reads it: each key with its value and where that comes from. */
import { existsSync, readFileSync } from "node:fs";
import {
  type Config,
  ConfigError,
  type ConfigValue,
  configKeys,
  defaultConfig,
  keysIn,
  parseConfig,
  readSetting,
} from "../server/config/config.ts";
import { didYouMean } from "../shared/text/did-you-mean.ts";
import { UsageError } from "./exit.ts";
import { paths } from "./runtime.ts";

export interface Setting {
  readonly key: string;
  /** `null` where it is not set and has no default. */
  readonly value: ConfigValue | null;
  /** An environment variable, the file, or `default`. */
  readonly origin: string;
}

/** Variables that stand over a key of the file. */
const overrides: Readonly<Record<string, string>> = {
  db_path: "NEXUS_TELEMETRY_PATH",
  upload_url: "NEXUS_USAGE_UPLOAD_URL",
};

/** Variables that no key of the file has. Of a secret it is only said that it is set. */
export const variables = [
  "NEXUS_HOME",
  "NEXUS_TELEMETRY",
  "NEXUS_TELEMETRY_ENABLED",
  "NEXUS_TELEMETRY_CLOUD_SYNC",
  "NEXUS_TELEMETRY_COMMUNITY",
  "NEXUS_EVENT_LOG",
  "NEXUS_USAGE_OUTBOX_DIR",
  "NEXUS_USAGE_UPLOAD_TOKEN",
  "DO_NOT_TRACK",
] as const;

/** @throws ConfigError */
export function settings(): readonly Setting[] {
  const { configFile } = paths;
  const text = existsSync(configFile) ? readFileSync(configFile, "utf8") : "";
  const config: Config = text === "" ? defaultConfig : parseConfig(configFile, text);
  const set = keysIn(configFile, text);
  return configKeys.map((key) => {
    const variable = overrides[key];
    const given = variable === undefined ? undefined : process.env[variable];
    if (variable !== undefined && given !== undefined && given !== "")
      return { key, value: shown(key, given), origin: variable };
    return { key, value: shown(key, readSetting(config, key) ?? null), origin: set.has(key) ? configFile : "default" };
  });
}

/** Its full name: `strip_pii` is `privacy.strip_pii`, `telemetry.mode` is `mode`. @throws UsageError */
export function keyNamed(given: string): string {
  const name = given.replace(/^telemetry\./, "");
  const found = configKeys.find((key) => key === name || key === `privacy.${name}`);
  if (found === undefined) {
    throw new UsageError(
      `There is no key ${given}.${didYouMean(name, configKeys) || ` There are: ${configKeys.join(", ")}.`}`,
    );
  }
  return found;
}

/** What the user wrote, as a value of TOML. */
export function valueFrom(key: string, text: string): ConfigValue {
  if (key === "upload_pins")
    return text
      .split(",")
      .map((pin) => pin.trim())
      .filter((pin) => pin !== "");
  if (text === "true" || text === "false") return text === "true";
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

/** An error of the configuration as wrong usage: the value was the user's. */
export function asUsage<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof ConfigError) throw new UsageError(error.message);
    throw error;
  }
}

/** An address without what may be secret in it: name, password, and what follows the path. */
function addressText(text: string): string {
  if (!URL.canParse(text)) return "(set, and not a valid address)";
  const { protocol, host, pathname, username, password, search, hash } = new URL(text);
  if (host === "") return "(set, and not a valid address)";
  const hidden = username !== "" || password !== "" ? "…@" : "";
  return `${protocol}//${hidden}${host}${pathname}${search !== "" || hash !== "" ? "…" : ""}`;
}

/** A setting as it may be shown. */
const shown = (key: string, value: ConfigValue | null): ConfigValue | null =>
  key === "upload_url" && typeof value === "string" ? addressText(value) : value;

export const valueText = (value: ConfigValue | null): string =>
  value === null ? "(not set)" : typeof value === "object" ? value.join(", ") || "(none)" : String(value);

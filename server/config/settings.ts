/** Every setting with its value in force and where it comes from, without the credentials in it. */
import { existsSync, readFileSync } from "node:fs";
import type { FlushRule } from "../../shared/protocol/record.ts";
import {
  type Config,
  type ConfigValue,
  configKeys,
  defaultConfig,
  keysIn,
  parseConfig,
  readSetting,
} from "./config.ts";
import { flushRule } from "./flush-rule.ts";

export interface Setting {
  readonly key: string;
  /** `null` if the key is not set and has no default. */
  readonly value: ConfigValue | null;
  /** The name of an environment variable, the path of the file, or `default`. */
  readonly origin: string;
  /** The value in force by program, if it differs between programs. */
  readonly effect?: string;
}

/** Environment variables that override a key of the file. */
const overrides: Readonly<Record<string, string>> = {
  db_path: "NEXUS_TELEMETRY_PATH",
  upload_url: "NEXUS_USAGE_UPLOAD_URL",
};

/** Environment variables without a key in the file. */
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
export function settings(configFile: string, env: NodeJS.ProcessEnv): readonly Setting[] {
  const text = existsSync(configFile) ? readFileSync(configFile, "utf8") : "";
  const config: Config = text === "" ? defaultConfig : parseConfig(configFile, text);
  const set = keysIn(configFile, text);
  const rule = flushRule(configFile, text);
  return configKeys.map((key) => {
    const variable = overrides[key];
    const override = variable === undefined ? undefined : env[variable];
    if (variable !== undefined && override !== undefined && override !== "")
      return { key, value: withoutCredentials(key, override), origin: variable };
    return {
      key,
      value: withoutCredentials(key, readSetting(config, key) ?? null),
      origin: set.has(key) ? configFile : "default",
      ...effectOf(key, config, rule),
    };
  });
}

function effectOf(key: string, config: Config, { maxEvents, maxWaitMs }: FlushRule): { readonly effect?: string } {
  if (key === "batch_size")
    return { effect: `VS Code: ${maxEvents} events; SDKs: ${config.batch_size} events, unless the program sets it` };
  if (key === "flush_interval_secs") {
    const seconds = `${config.flush_interval_secs} s`;
    return { effect: `VS Code: ${maxWaitMs / 1_000} s; SDKs: ${seconds}, unless the program sets it` };
  }
  return {};
}

/** Returns a URL without the parts that may be secret: user name, password, query and fragment. */
function addressText(text: string): string {
  if (!URL.canParse(text)) return "(set, not a valid URL)";
  const { protocol, host, pathname, username, password, search, hash } = new URL(text);
  if (host === "") return "(set, not a valid URL)";
  const hidden = username !== "" || password !== "" ? "…@" : "";
  return `${protocol}//${hidden}${host}${pathname}${search !== "" || hash !== "" ? "…" : ""}`;
}

const withoutCredentials = (key: string, value: ConfigValue | null): ConfigValue | null =>
  key === "upload_url" && typeof value === "string" ? addressText(value) : value;

/** Arguments of `nexus telemetry config`: keys and values as they are typed. */
import { ConfigError, type ConfigValue, configKeys } from "../server/config/config.ts";
import { didYouMean } from "../shared/text/did-you-mean.ts";
import { UsageError } from "./exit.ts";

/**
 * Returns the full name of a key: `strip_pii` → `privacy.strip_pii`, `telemetry.mode` → `mode`.
 * @throws UsageError
 */
export function keyNamed(text: string): string {
  const name = text.replace(/^telemetry\./, "");
  const found = configKeys.find((key) => key === name || key === `privacy.${name}`);
  if (found === undefined) {
    throw new UsageError(
      `Unknown key: ${text}.${didYouMean(name, configKeys) || ` Valid values: ${configKeys.join(", ")}.`}`,
    );
  }
  return found;
}

/** Parses an argument of the command line into a TOML value. */
export function valueFrom(key: string, text: string): ConfigValue {
  if (key === "upload_pins")
    return text
      .split(",")
      .map((pin) => pin.trim())
      .filter((pin) => pin !== "");
  if (text === "true" || text === "false") return text === "true";
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

/** Runs `work` and turns a ConfigError into a UsageError: the user typed the value. */
export function asUsage<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof ConfigError) throw new UsageError(error.message);
    throw error;
  }
}

export const valueText = (value: ConfigValue | null): string =>
  value === null ? "(not set)" : typeof value === "object" ? value.join(", ") || "(none)" : String(value);

/** Changes one key of `config.toml` and leaves every other byte, comments and other tools' tables, as it is. */
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { parse, patch } from "@decimalturn/toml-patch";
import { replaceFile } from "../files/atomic-write.ts";
import { type ConfigValue, parseConfig } from "./config.ts";

/** The text with a key set, or (`undefined`) without it. @throws ConfigError where the result could not be used. */
export function withKey(file: string, text: string, key: string, value: ConfigValue | undefined): string {
  // What is no sound configuration is not edited.
  parseConfig(file, text);
  const document = parse(text) as Record<string, unknown>;
  const [first = "", second] = key.split(".");
  const telemetry = tableIn(document, "telemetry");
  if (second === undefined) put(telemetry, first, value);
  else if (value !== undefined || telemetry[first] !== undefined) put(tableIn(telemetry, first), second, value);
  const edited = patch(text, document);
  parseConfig(file, edited);
  return edited;
}

function tableIn(parent: Record<string, unknown>, name: string): Record<string, unknown> {
  const found = parent[name];
  if (typeof found === "object" && found !== null) return found as Record<string, unknown>;
  const table: Record<string, unknown> = {};
  parent[name] = table;
  return table;
}

function put(table: Record<string, unknown>, name: string, value: ConfigValue | undefined): void {
  if (value === undefined) delete table[name];
  else table[name] = value;
}

/** Sets or removes a key in the file, which may be a link to one. @throws ConfigError, the file system's error. */
export function changeKey(file: string, key: string, value: ConfigValue | undefined): void {
  const target = existsSync(file) ? realpathSync(file) : file;
  const text = existsSync(target) ? readFileSync(target, "utf8") : "";
  const edited = withKey(file, text, key, value);
  if (edited !== text) replaceFile(target, edited);
}

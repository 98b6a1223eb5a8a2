/** Changes one key of `config.toml`. Never changes another byte: comments and other tables stay. */
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { parse, patch } from "@decimalturn/toml-patch";
import { replaceFile } from "../files/atomic-write.ts";
import { type ConfigValue, parseConfig } from "./config.ts";

/** Returns the text with a key set or removed (`undefined`). @throws ConfigError */
export function withKey(file: string, text: string, key: string, value: ConfigValue | undefined): string {
  // An invalid configuration is not edited.
  parseConfig(file, text);
  const document = parse(text) as Record<string, unknown>;
  const [first = "", second] = key.split(".");
  const telemetry = tableIn(document, "telemetry");
  if (second === undefined) put(telemetry, first, value);
  else if (value !== undefined || telemetry[first] !== undefined) put(tableIn(telemetry, first), second, value);
  const edited = patch(text, document);
  // The file is valid; the new value is not.
  parseConfig("Not saved", edited);
  return edited;
}

function tableIn(parent: Record<string, unknown>, name: string): Record<string, unknown> {
  const existing = parent[name];
  if (typeof existing === "object" && existing !== null) return existing as Record<string, unknown>;
  const table: Record<string, unknown> = {};
  parent[name] = table;
  return table;
}

function put(table: Record<string, unknown>, name: string, value: ConfigValue | undefined): void {
  if (value === undefined) delete table[name];
  else table[name] = value;
}

/** Sets or removes a key; follows links. @throws ConfigError, the file system's error. */
export function changeKey(file: string, key: string, value: ConfigValue | undefined): void {
  const target = existsSync(file) ? realpathSync(file) : file;
  const text = existsSync(target) ? readFileSync(target, "utf8") : "";
  const edited = withKey(file, text, key, value);
  if (edited !== text) replaceFile(target, edited);
}

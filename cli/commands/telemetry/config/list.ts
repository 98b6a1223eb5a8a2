/** `nexus telemetry config list`: every key with its value and origin. Never prints a token. */
import { settings, variables } from "../../../../server/config/settings.ts";
import { valueText } from "../../../config.ts";
import { type JsonOption, print, printJson } from "../../../output/print.ts";
import { paths } from "../../../runtime.ts";

interface ListOptions extends JsonOption {
  readonly showOrigin?: boolean;
}

export function run({ json, showOrigin }: ListOptions): void {
  const all = settings(paths.configFile, process.env);
  const environment = variables.flatMap((name) => {
    const value = process.env[name];
    return value === undefined || value === ""
      ? []
      : [{ name, value: name.endsWith("_TOKEN") ? "(set, hidden)" : value }];
  });
  if (json === true) {
    printJson({ version: 1, settings: all, environment });
    return;
  }
  const maxWidth = Math.max(...all.map(({ key }) => key.length));
  for (const { key, value, origin, effect } of all) {
    const from = showOrigin === true ? `  (${origin})` : "";
    print(`${key.padEnd(maxWidth)} = ${valueText(value)}${effect === undefined ? "" : `  [${effect}]`}${from}`);
  }
  for (const { name, value } of environment) print(`${name}=${value}${showOrigin === true ? "  (environment)" : ""}`);
}

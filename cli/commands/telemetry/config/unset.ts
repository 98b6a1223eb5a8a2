/** `nexus telemetry config unset`: removes a key from config.toml, so that its default applies. */
import { changeKey } from "../../../../server/config/edit.ts";
import { asUsage, keyNamed } from "../../../config.ts";
import { type JsonOption, print, printJson } from "../../../output/print.ts";
import { followConfig, paths } from "../../../runtime.ts";

export async function run(name: string, { json }: JsonOption): Promise<void> {
  const key = keyNamed(name);
  asUsage(() => changeKey(paths.configFile, key, undefined));
  await followConfig();
  if (json === true) printJson({ version: 1, key, value: null });
  else print(`${key} is now unset in ${paths.configFile}`);
}

/** `nexus telemetry config get`: prints only the value of a key, for scripts. */
import { settings } from "../../../../server/config/settings.ts";
import { keyNamed, valueText } from "../../../config.ts";
import { exitCodes } from "../../../exit.ts";
import { type JsonOption, print, printJson } from "../../../output/print.ts";
import { paths } from "../../../runtime.ts";

interface GetOptions extends JsonOption {
  readonly showOrigin?: boolean;
}

export function run(name: string, { json, showOrigin }: GetOptions): void {
  const key = keyNamed(name);
  const setting = settings(paths.configFile, process.env).find((candidate) => candidate.key === key);
  if (json === true) printJson({ version: 1, ...setting });
  else if (setting !== undefined && setting.value !== null) {
    print(showOrigin === true ? `${setting.origin}\t${valueText(setting.value)}` : valueText(setting.value));
  }
  // As `git config get`: an unset key prints nothing and exits with 1.
  if (setting?.value === null) process.exitCode = exitCodes.failed;
}

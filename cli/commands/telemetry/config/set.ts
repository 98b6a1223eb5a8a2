/**
 * `nexus telemetry config set`: sets a key in config.toml. Asks for consent before it allows more
 * than the user agreed to.
 */
import { changeKey } from "../../../../server/config/edit.ts";
import type { Mode } from "../../../../shared/consent/consent.ts";
import { asUsage, keyNamed, valueFrom, valueText } from "../../../config.ts";
import { UsageError } from "../../../exit.ts";
import { type JsonOption, print, printJson } from "../../../output/print.ts";
import { isAttended } from "../../../output/terminal.ts";
import { followConfig, paths, withService } from "../../../runtime.ts";
import { ask } from "../enable.ts";

const modesByReach: readonly Mode[] = ["off", "local", "share"];

export async function run(name: string, text: string, { json }: JsonOption): Promise<void> {
  const key = keyNamed(name);
  const value = valueFrom(key, text);
  const requested: Mode | undefined =
    key === "enabled" && value === true
      ? "local"
      : key === "mode"
        ? modesByReach.find((mode) => mode === value)
        : undefined;
  // Without consent nothing is written; the prompt has reported that.
  if (requested !== undefined && requested !== "off" && !(await hasConsent(requested))) return;
  asUsage(() => changeKey(paths.configFile, key, value));
  await followConfig();
  if (json === true) printJson({ version: 1, key, value });
  else print(`${key} = ${valueText(value)} in ${paths.configFile}`);
}

/** Returns whether the user has consented to a mode, or consents now. */
function hasConsent(requested: Mode): Promise<boolean> {
  return withService(async (service) => {
    const { permission } = service.reader.status();
    const agreed =
      permission === null
        ? "off"
        : permission.agreedShare.length > 0
          ? "share"
          : permission.agreed.length > 0
            ? "local"
            : "off";
    if (modesByReach.indexOf(requested) <= modesByReach.indexOf(agreed)) return true;
    if (!isAttended()) {
      throw new UsageError(
        `A configuration file cannot grant consent. Run: nexus telemetry enable${requested === "share" ? " --share" : ""}`,
      );
    }
    return ask(service, requested === "share");
  });
}

/** `nexus telemetry config set`: changes a key in config.toml. What would allow more than you agreed to asks first. */
import { changeKey } from "../../../../server/config/edit.ts";
import type { Mode } from "../../../../shared/consent/consent.ts";
import { asUsage, keyNamed, valueFrom, valueText } from "../../../config.ts";
import { UsageError } from "../../../exit.ts";
import { type JsonOption, print, printJson } from "../../../output/print.ts";
import { isAttended } from "../../../output/terminal.ts";
import { followConfig, paths, withService } from "../../../runtime.ts";
import { ask } from "../enable.ts";

const order: readonly Mode[] = ["off", "local", "share"];

export async function run(name: string, text: string, { json }: JsonOption): Promise<void> {
  const key = keyNamed(name);
  const value = valueFrom(key, text);
  const wish: Mode | undefined =
    key === "enabled" && value === true ? "local" : key === "mode" ? order.find((mode) => mode === value) : undefined;
  // A no is said where it is given.
  if (wish !== undefined && wish !== "off" && !(await agreed(wish))) return;
  asUsage(() => changeKey(paths.configFile, key, value));
  await followConfig();
  if (json === true) printJson({ version: 1, key, value });
  else print(`${key} = ${valueText(value)} in ${paths.configFile}`);
}

/** Whether the record of consent allows a mode, or the user has just agreed to it. The file alone can never say yes. */
function agreed(wish: Mode): Promise<boolean> {
  return withService(async (worker) => {
    const { permission } = worker.status();
    const has =
      permission === null
        ? "off"
        : permission.agreedShare.length > 0
          ? "share"
          : permission.agreed.length > 0
            ? "local"
            : "off";
    if (order.indexOf(wish) <= order.indexOf(has)) return true;
    if (!isAttended()) {
      throw new UsageError(
        `A configuration cannot say yes for you. Use nexus telemetry enable${wish === "share" ? " --share" : ""}.`,
      );
    }
    return ask(worker, wish === "share");
  });
}

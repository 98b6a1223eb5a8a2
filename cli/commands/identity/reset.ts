/** `nexus identity reset`: goes on sharing under another pseudonym that nothing links with the one before. */
import { UsageError } from "../../exit.ts";
import { type JsonOption, print, printJson } from "../../output/print.ts";
import { confirmed, isAttended, wrapped } from "../../output/terminal.ts";
import { withService } from "../../runtime.ts";

interface ResetOptions extends JsonOption {
  readonly confirm?: boolean;
}

export function run({ confirm, json }: ResetOptions): Promise<void> {
  return withService(async (worker) => {
    if (worker.status().permission?.mode !== "share") {
      if (json === true) printJson({ version: 1, reset: false });
      else print("You share nothing, so there is no pseudonym to reset.");
      return;
    }
    if (confirm !== true) {
      print(
        wrapped(
          "You get a new random id and a new salt. What was not sent yet is not sent. What was sent stays with the server under the old id until you have it erased (nexus telemetry erase-remote). Hashes of your workspaces and tasks on this machine stay as they are.",
        ),
      );
      if (!isAttended()) throw new UsageError("There is no terminal to ask on. Use --confirm.");
      if (!(await confirmed("\nReset it?"))) {
        print("Nothing was changed.");
        return;
      }
    }
    worker.resetIdentity();
    if (json === true) printJson({ version: 1, reset: true });
    else print("From now on you share under a new pseudonym.");
  });
}

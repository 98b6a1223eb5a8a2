/** `nexus identity reset`: replaces the pseudonym with an unlinkable new one. */
import { UsageError } from "../../exit.ts";
import { type JsonOption, print, printJson } from "../../output/print.ts";
import { confirmed, isAttended, wrapped } from "../../output/terminal.ts";
import { withService } from "../../runtime.ts";

interface ResetOptions extends JsonOption {
  readonly confirm?: boolean;
}

export function run({ confirm, json }: ResetOptions): Promise<void> {
  return withService(async (service) => {
    if (service.reader.status().permission?.mode !== "share") {
      if (json === true) printJson({ version: 1, reset: false });
      else print("No pseudonym to reset: sharing is off or blocked.");
      return;
    }
    if (confirm !== true) {
      print(
        wrapped(
          "Creates a new random ID and salt. Unsent events are not sent. Data already sent stays under the old ID until you erase it (nexus telemetry erase-remote). Hashes of workspaces and tasks on this machine do not change.",
        ),
      );
      if (!isAttended()) throw new UsageError("Not a terminal: use --confirm.");
      if (!(await confirmed("\nReset the pseudonym?"))) {
        print("Nothing was changed.");
        return;
      }
    }
    service.resetIdentity();
    if (json === true) printJson({ version: 1, reset: true });
    else print("Pseudonym reset.");
  });
}

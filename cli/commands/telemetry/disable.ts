/** `nexus telemetry disable`: stops recording and sharing. Stored data is kept. */

import { displayedNotice } from "../../../server/config/consent-log.ts";
import { withdrawal } from "../../../shared/consent/withdrawal.ts";
import { textOf } from "../../../shared/protocol/message.ts";
import { modeMessage } from "../../../shared/text/sentences.ts";
import { print } from "../../output/print.ts";
import { printSyncReport } from "../../output/sync-report.ts";
import { withService } from "../../runtime.ts";

export function run({ eraseRemote: erase }: { readonly eraseRemote?: boolean }): Promise<void> {
  return withService(async (service) => {
    const { permission } = service.giveConsent({ ...withdrawal, via: "terminal", notice: displayedNotice });
    print(permission.mode === "off" ? "Telemetry disabled." : textOf(modeMessage(permission)));
    const { sharing, database } = service.reader.status();
    if (database !== null) print("Existing data retained. Use 'nexus telemetry delete' to remove.");
    if (erase === true) printSyncReport(await service.eraseRemotely(), false);
    else if ((sharing?.sharedWith ?? 0) > 0)
      print("Shared data stays on the server. To erase it: nexus telemetry erase-remote");
  });
}

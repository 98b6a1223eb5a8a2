/**
 * `nexus extension-removed`, which the editor runs after it removed the extension: records that, and takes our hooks out of the
 * agents' settings, unless another editor has the extension. The data stays for another installation.
 */
import { existsSync } from "node:fs";
import { homeFolder } from "../../server/config/home.ts";
import { installedExtensions } from "../../server/removal/editors.ts";
import { productVersion } from "../../server/version.ts";
import { agentNames } from "../../shared/protocol/agents.ts";
import { disconnectEach, withConnections } from "../agents.ts";
import { printError } from "../output/print.ts";
import { record, sessionFor } from "../record.ts";
import { paths, withService } from "../runtime.ts";

export async function run(): Promise<void> {
  // First: the hooks go, whether or not something can be recorded.
  if (installedExtensions(homeFolder()).length === 0) await disconnectAll();
  // Before the consent there is nothing else.
  if (!existsSync(paths.stateFolder)) return;
  await withService((service) => {
    if (service.reader.permission().mode === "off") return;
    const nowMs = Date.now();
    const context = { source: "vscode", session: sessionFor(service, nowMs), tsMs: nowMs } as const;
    record(service, context, "uninstall", { version: productVersion });
  });
}

function disconnectAll(): Promise<void> {
  return withConnections((connections) => {
    for (const file of connections.connectedElsewhere()) printError(`${file} still has our hook. Remove it there.`);
    for (const problem of disconnectEach(connections, agentNames)) printError(problem);
  });
}

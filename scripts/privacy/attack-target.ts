/** Creates the worker under attack: a real one, with consent to all categories. */
import { displayedNotice } from "../../server/config/consent-log.ts";
import type { Paths } from "../../server/config/paths.ts";
import { silentListener, TelemetryCore } from "../../server/worker/core.ts";
import { TelemetryService } from "../../server/worker/service.ts";
import { categories } from "../../shared/schema/categories.ts";

/** `destination`: `null` for mode `local`. Problems are appended to `output`, to be searched. */
export function attackTarget(paths: Paths, destination: string | null, output: string[]): TelemetryService {
  const listener = {
    ...silentListener,
    problemChanged: (problem: unknown) => void output.push(JSON.stringify(problem)),
  };
  const env = destination === null ? {} : { NEXUS_USAGE_UPLOAD_URL: destination };
  const editor = { telemetry: true, enabled: true, proxy: null };
  const worker = new TelemetryService(new TelemetryCore(paths, env, editor, { nowMs: () => Date.now() }, listener));
  worker.giveConsent({
    mode: destination === null ? "local" : "share",
    collect: categories,
    share: destination === null ? [] : categories,
    destination,
    automatic: false,
    schema: 1,
    earlierEvents: false,
    notice: displayedNotice,
    via: "vscode_page",
  });
  return worker;
}

/**
 * `nexus hook`: what `hook.awk` does, where there is no `awk`: keeps a few words of the payload on standard input and writes nothing else
 * anywhere. It says nothing and ends well, whatever comes in.
 */
import { text } from "node:stream/consumers";
import { appendLines } from "../../server/files/append-lines.ts";
import { filterPayload } from "../../server/ingest/hooks/payload-filter.ts";
import { isOptOut } from "../../shared/consent/consent.ts";
import { permittedCategories } from "../permission.ts";
import { paths } from "../runtime.ts";

const names = ["hook_event_name", "hookEventName", "tool_name", "toolName"];

export async function run(): Promise<void> {
  // Read to its end in any case: a host may wait for that.
  const input = await text(process.stdin).catch(() => "");
  const kept = filterPayload(parsed(input));
  if (!names.some((name) => name in kept) || isOptOut(process.env["NEXUS_EVENT_LOG"])) return;
  if (!permittedCategories().includes("tool_usage")) return;
  // Whole seconds, as `awk` knows them.
  const ts = Math.floor(Date.now() / 1_000) * 1_000;
  // Two calls in one second may report the same words.
  const call = "tool_use_id" in kept ? {} : { n: String(process.pid) };
  appendLines(paths.agentHookLog, [{ hook: 1, ts, ...kept, ...call }]);
}

function parsed(input: string): unknown {
  try {
    return JSON.parse(input);
  } catch {
    return undefined;
  }
}

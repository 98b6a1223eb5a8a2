/**
 * `nexus hook`: does what `hook.awk` does on systems without awk: appends the filtered payload from
 * standard input to an event log. Prints nothing and exits with 0 for any input, so that it never
 * disturbs the agent.
 */
import { text } from "node:stream/consumers";
import { appendLines } from "../../server/files/append-lines.ts";
import { filterPayload, identifyingKeys } from "../../server/ingest/hooks/payload-filter.ts";
import { payloadIn } from "../../server/ingest/hooks/payload-text.ts";
import { isOptOut } from "../../shared/consent/consent.ts";
import { agentNames } from "../../shared/protocol/agents.ts";
import { permittedCategories } from "../permission.ts";
import { paths } from "../runtime.ts";

export async function run({ agent }: { readonly agent?: string } = {}): Promise<void> {
  // Always read to the end: an agent may wait until its payload is consumed.
  const input = await text(process.stdin).catch(() => "");
  const payload = filterPayload(payloadIn(input));
  if (!identifyingKeys.some((key) => key in payload) || isOptOut(process.env["NEXUS_EVENT_LOG"])) return;
  if (!permittedCategories().includes("tool_usage")) return;
  // Full seconds, the resolution of awk.
  const ts = Math.floor(Date.now() / 1_000) * 1_000;
  // Without an ID, two calls in the same second could produce identical lines, which count once.
  const call = "tool_use_id" in payload ? {} : { n: String(process.pid) };
  const installedIn = agentNames.find((name) => name === agent);
  const from = installedIn === undefined ? {} : { agent: installedIn };
  appendLines(paths.agentHookLog, [{ hook: 1, ts, ...from, ...payload, ...call }]);
}

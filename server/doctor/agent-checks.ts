/** Checks of connected agents, their hooks, and the receiver of OpenTelemetry. */
import type { AgentStatus } from "../../shared/protocol/agents.ts";
import { dayMs } from "../../shared/schema/durations.ts";
import { dayText } from "../../shared/text/format.ts";
import { Connections } from "../agents/connections.ts";
import { SettingsError } from "../agents/settings.ts";
import type { Paths } from "../config/paths.ts";
import { ReceiverConfig } from "../ingest/receiver/receiver-config.ts";
import { type DoctorCheck, errorCheck, okCheck, warningCheck } from "./check.ts";

/** An agent that is in use reports something within this time. */
const quietMs = 14 * dayMs;

/** `seen`: the time of each source's last event in milliseconds since 1970. */
export function agentChecks(
  paths: Paths,
  home: string,
  env: Readonly<Record<string, string | undefined>>,
  seen: ReadonlyMap<string, number>,
  nowMs: number,
): readonly DoctorCheck[] {
  let agents: readonly AgentStatus[];
  try {
    agents = new Connections(paths, home, env).list(seen);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return [errorCheck("agents", error.message)];
  }
  const connected = agents.filter((agent) => agent.connected);
  const free = agents.filter((agent) => agent.installed && !agent.connected).map(({ title }) => title);
  const idle = free.length === 0 ? "" : `; installed and not connected: ${free.join(", ")}`;
  return [
    ...(connected.length === 0
      ? [okCheck("agents", `none connected${idle}`)]
      : connected.map((agent) => hook(agent, nowMs))),
    ...receiver(paths),
  ];
}

function hook({ name, title, outdated, blockedBy, approval, lastEventMs }: AgentStatus, nowMs: number): DoctorCheck {
  const check = `agent ${title}`;
  if (blockedBy !== null) return errorCheck(check, blockedBy);
  if (approval !== null) return warningCheck(check, approval);
  if (outdated) return warningCheck(check, "its hook is of an earlier version", `Run nexus agents update ${name}.`);
  if (lastEventMs === null)
    return warningCheck(check, "connected; no events yet", `To check its hook: nexus agents test ${name}`);
  const text = `connected; last event on ${dayText(lastEventMs)}`;
  return nowMs - lastEventMs > quietMs
    ? warningCheck(check, text, `If you used it since: nexus agents test ${name}`)
    : okCheck(check, text);
}

function receiver({ receiverFile }: Paths): readonly DoctorCheck[] {
  const config = new ReceiverConfig(receiverFile);
  const settings = config.read();
  if (settings === undefined) return [];
  const note = config.outdatedNote;
  return [
    note === undefined
      ? okCheck("receiver", "OpenTelemetry is received while a VS Code window is open")
      : warningCheck("receiver", note),
  ];
}

/** Notes about environment variables that are set but say nothing, or have no effect. */
import { isOptOut, masterSwitches } from "../../shared/consent/consent.ts";
import { type Message, message } from "../../shared/protocol/message.ts";

/** Variables that are true or false; only false has an effect. */
const switches = [
  ...masterSwitches,
  "NEXUS_TELEMETRY_CLOUD_SYNC",
  "NEXUS_TELEMETRY_COMMUNITY",
  "NEXUS_EVENT_LOG",
] as const;

const isOptIn = (value: string): boolean => /^(true|1|yes|on)$/i.test(value.trim());

export function environmentNotes(env: NodeJS.ProcessEnv): readonly Message[] {
  return switches.flatMap((name) => {
    const value = env[name];
    if (value === undefined || value.trim() === "" || isOptOut(value)) return [];
    if (!isOptIn(value)) return [message("{name} is neither true nor false, so it is ignored.", { name })];
    return name === "NEXUS_TELEMETRY_COMMUNITY"
      ? [message("{name} has no effect in this version: nothing is contributed.", { name })]
      : [];
  });
}

/** What comes in by OpenTelemetry, as events. */
import { v7 } from "uuid";
import type { AgentName } from "../../../shared/protocol/agents.ts";
import { type Raw, sealRaw } from "../../../shared/schema/raw.ts";
import type { Clock } from "../../clock.ts";
import type { HookEvent } from "../hooks/hook-events.ts";
import type { AgentIds } from "../hooks/ids.ts";
import { tellingsInJson } from "../otlp/decode-json.ts";
import { tellingsInProtobuf } from "../otlp/decode-protobuf.ts";
import { OtlpIntake } from "../otlp/otlp-events.ts";
import type { Group } from "./group-commit.ts";
import type { Intake } from "./http-receiver.ts";

/** `connected`: whether an agent reports its tools by its hooks. */
export function doorIntake(
  connected: (agent: AgentName) => boolean,
  ids: AgentIds,
  group: Group,
  clock: Clock,
): Intake {
  const otlp = new OtlpIntake(connected, ids, clock.nowMs());
  return {
    otlp: (signal, body, json) =>
      otlp.eventsOf(json ? tellingsInJson(signal, body) : tellingsInProtobuf(signal, body)).map(sealed),
    commit: (events) => group.add(events),
  };
}

/** With what an event needs beside what its teller knows. */
function sealed(event: HookEvent): Raw {
  const ts = Number(event["ts"]);
  return sealRaw({ id: v7({ msecs: ts }), utc_offset_min: -new Date(ts).getTimezoneOffset(), ...event });
}

/** What comes in by the doors, as events: the same as from an agent's hook, and from OpenTelemetry. */
import { v7 } from "uuid";
import type { AgentName } from "../../shared/agents.ts";
import { type Raw, sealRaw } from "../../shared/raw.ts";
import type { Clock } from "../clock.ts";
import { cutPayload } from "../intake/hooks/cut.ts";
import { type HookEvent, hookEvents } from "../intake/hooks/hook.ts";
import { tellingsInJson } from "../intake/otlp/json.ts";
import { OtlpIntake } from "../intake/otlp/otlp.ts";
import { tellingsInProtobuf } from "../intake/otlp/protobuf.ts";
import { MalformedError } from "../intake/otlp/telling.ts";
import type { Intake } from "./door-server.ts";
import type { Group } from "./group.ts";

/** `connected`: whether an agent tells of its tools by its hooks. */
export function doorIntake(connected: (agent: AgentName) => boolean, group: Group, clock: Clock): Intake {
  const otlp = new OtlpIntake(connected, clock.nowMs());
  return {
    hook: (body) => hookEvents(cutPayload(parsed(body)), clock.nowMs()).map(sealed),
    otlp: (signal, body, json) =>
      otlp.eventsOf(json ? tellingsInJson(signal, body) : tellingsInProtobuf(signal, body)).map(sealed),
    commit: (events) => group.add(events),
  };
}

/** @throws MalformedError */
function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    throw new MalformedError("no JSON");
  }
}

/** With what an event needs beside what its teller knows. */
function sealed(event: HookEvent): Raw {
  const ts = Number(event["ts"]);
  return sealRaw({ id: v7({ msecs: ts }), utc_offset_min: -new Date(ts).getTimezoneOffset(), ...event });
}

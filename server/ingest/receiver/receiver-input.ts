/** Connects the receiver to the OTLP decoders and to group commit. */
import { v7 } from "uuid";
import type { AgentName } from "../../../shared/protocol/agents.ts";
import { markRaw, type Raw } from "../../../shared/schema/raw.ts";
import type { Clock } from "../../clock.ts";
import type { HookEvent } from "../hooks/hook-events.ts";
import type { AgentIds } from "../hooks/ids.ts";
import { decodeJson } from "../otlp/decode-json.ts";
import { decodeProtobuf } from "../otlp/decode-protobuf.ts";
import { OtlpConverter } from "../otlp/otlp-events.ts";
import type { GroupCommit } from "./group-commit.ts";
import type { ReceiverInput } from "./http-receiver.ts";

/** `connected`: returns whether an agent's hook is connected. */
export function receiverInput(
  connected: (agent: AgentName) => boolean,
  ids: AgentIds,
  group: GroupCommit,
  clock: Clock,
): ReceiverInput {
  const otlp = new OtlpConverter(connected, ids, clock.nowMs());
  return {
    otlp: (signal, body, json) =>
      otlp.eventsOf(json ? decodeJson(signal, body) : decodeProtobuf(signal, body)).map(toRaw),
    commit: async (events) => {
      for (let from = 0; from < events.length; from += maxPartEvents) {
        const outcome = await group.add(events.slice(from, from + maxPartEvents));
        // The exporter sends the batch again; what is stored has the same IDs.
        if (outcome !== "stored") return outcome;
      }
      return "stored";
    },
  };
}

/** A larger batch is stored in several transactions, so that other requests are not kept waiting. */
const maxPartEvents = 2_000;

/** Adds the fields that an agent cannot know: an ID, unless derived, and the UTC offset. */
function toRaw(event: HookEvent): Raw {
  const ts = Number(event["ts"]);
  return markRaw({ id: v7({ msecs: ts }), utc_offset_min: -new Date(ts).getTimezoneOffset(), ...event });
}

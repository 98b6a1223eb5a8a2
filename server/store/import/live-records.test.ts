import { join } from "node:path";
import { v4, v7 } from "uuid";
import { describe, expect, it } from "vitest";
import { markRaw } from "../../../shared/schema/raw.ts";
import { admitted } from "../../../test/fixtures/clean-events.ts";
import { tempFolder } from "../../../test/fixtures/temp-folder.ts";
import { systemClock } from "../../clock.ts";
import { productInfo } from "../../worker/product-info.ts";
import { Store } from "../store.ts";
import { liveRecords } from "./live-records.ts";

const at = (day: number, hour: number, minute = 0) => new Date(2026, 5, day, hour, minute).getTime();

const event = (ts: number, agent: string, fields: object) =>
  admitted(
    markRaw({
      id: v7({ msecs: ts }),
      ts,
      utc_offset_min: -new Date(ts).getTimezoneOffset(),
      session_id: v4(),
      source: "otlp",
      seq: 1,
      agent,
      ...fields,
    }),
  );
const call = { event_type: "agent_event", stream: "tool", tool_name: "read_file", tool_phase: "end", status: "ok" };
const request = { event_type: "model_request", tokens_input: 10, tokens_output: 5 };

/** `sql`: what is done to the database afterwards. */
function recorded(events: Parameters<Store["write"]>[0], agent: string, sql = "") {
  const store = new Store(join(tempFolder(), "telemetry.db"), productInfo, systemClock);
  store.write(events);
  return store.withDatabase((connection) => {
    connection.exec(`UPDATE state SET value = 0 WHERE name = 'request_ids_since'; ${sql}`);
    return liveRecords(connection, agent).covers;
  });
}

describe("what was recorded live", () => {
  it("begins with the first call of an agent without shared IDs", () => {
    const covers = recorded([event(at(10, 9, 30), "gemini_cli", call)], "gemini_cli");
    expect([at(10, 9, 29), at(10, 9, 30), at(20, 0)].map((ms) => covers("call", ms))).toEqual([false, true, true]);
    expect(covers("request", at(20, 0))).toBe(false);
  });

  it("leaves calls with shared IDs to be compared, unless their events have expired", () => {
    const expiry = `UPDATE state SET value = ${at(10, 9, 20)} WHERE name = 'floor_ts'`;
    const events = [event(at(10, 9, 10), "codex", call), event(at(10, 9, 30), "codex", call)];
    expect(recorded(events, "codex")("call", at(10, 9, 15))).toBe(false);
    const covers = recorded(events, "codex", `DELETE FROM events WHERE ts < ${at(10, 9, 20)}; ${expiry}`);
    // Something of this hour expired; when the first of it happened is not known.
    expect([at(10, 8, 59), at(10, 9, 1), at(10, 9, 19), at(10, 9, 40)].map((ms) => covers("call", ms))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  it("covers all requests of a day with counters, which name none, and no other day", () => {
    const events = [
      event(at(10, 9), "claude_code", { ...request, status: "ok" }),
      event(at(12, 9), "claude_code", request),
    ];
    const covers = recorded(events, "claude_code");
    expect([at(9, 9), at(11, 9), at(12, 1), at(12, 23), at(13, 9)].map((ms) => covers("request", ms))).toEqual([
      false,
      false,
      true,
      true,
      false,
    ]);
    // An earlier version named no request.
    const since = `UPDATE state SET value = ${at(11, 0)} WHERE name = 'request_ids_since'`;
    expect(recorded(events, "claude_code", since)("request", at(10, 12))).toBe(true);
  });
});

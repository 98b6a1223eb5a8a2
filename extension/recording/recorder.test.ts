import { validate, version } from "uuid";
import { describe, expect, it } from "vitest";
import type { Raw } from "../../shared/schema/raw.ts";
import type { RawEventEnvelope } from "../../shared/schema/raw-event.ts";
import { flushMicrotasks, ManualTimers } from "../../test/fixtures/timers.ts";
import { EventQueue } from "./queue.ts";
import { Recorder } from "./recorder.ts";
import { Session } from "./session.ts";

type Sent = RawEventEnvelope & { readonly dropped_count?: number; readonly duration_ms?: number };
const toolStart = { stream: "tool", tool_name: "run_terminal_cmd", tool_phase: "start" } as const;

function setUp(capacity = 100, sessionStartFields?: () => { version: string } | undefined) {
  const timers = new ManualTimers();
  const sent: Sent[] = [];
  const deliver = async (batch: readonly Raw[]) => {
    sent.push(...(batch as unknown as readonly Sent[]));
    return "stored" as const;
  };
  const clock = { tsMs: new Date(2026, 6, 15, 23, 59).getTime() };
  const recorder = new Recorder(
    new EventQueue(deliver, timers, capacity),
    new Session(),
    () => clock.tsMs,
    { workspace: "file:///home/ada/atlas" },
    sessionStartFields,
  );
  const send = async () => {
    timers.fire();
    await flushMicrotasks();
    return sent;
  };
  return { recorder, clock, send };
}

describe("recorder", () => {
  it("gives each event an ID, a time, a session and a sequence number per source", async () => {
    const { recorder, clock, send } = setUp();
    for (let n = 0; n < 3; n += 1) recorder.record("agent_event", "vscode_terminal", toolStart);
    const sent = await send();
    expect(new Set(sent.map(({ id }) => id)).size).toBe(3);
    expect(
      sent.every(({ id, session_id }) => version(id) === 7 && validate(session_id) && version(session_id) === 4),
    ).toBe(true);
    expect(sent.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(sent[0]).toMatchObject({
      ts: clock.tsMs,
      source: "vscode_terminal",
      event_type: "agent_event",
      workspace: "file:///home/ada/atlas",
    });
  });

  it("starts a new session at local midnight", async () => {
    const { recorder, clock, send } = setUp();
    recorder.record("agent_event", "vscode_terminal", toolStart);
    clock.tsMs += 2 * 60_000;
    recorder.record("agent_event", "vscode_terminal", toolStart);
    const [before, after] = await send();
    expect(before?.session_id).not.toBe(after?.session_id);
    expect([before?.seq, after?.seq]).toEqual([1, 1]);
  });

  describe("sessions", () => {
    const typesOf = (sent: readonly Sent[]) => sent.map(({ event_type }) => event_type);

    it("records the start with the first event and the end at the last one", async () => {
      const { recorder, clock, send } = setUp(100, () => ({ version: "1.0.0" }));
      recorder.record("agent_event", "vscode_terminal", toolStart);
      clock.tsMs += 30_000;
      recorder.record("agent_event", "vscode_terminal", toolStart);
      clock.tsMs += 10_000;
      recorder.endSession();
      const sent = await send();
      expect(typesOf(sent)).toEqual(["session_started", "agent_event", "agent_event", "session_ended"]);
      expect(new Set(sent.map(({ session_id }) => session_id)).size).toBe(1);
      expect(sent.at(-1)).toMatchObject({ duration_ms: 30_000, ts: clock.tsMs - 10_000 });
    });

    it("ends yesterday's session before today's starts, each with its own ID", async () => {
      const { recorder, clock, send } = setUp(100, () => ({ version: "1.0.0" }));
      recorder.record("agent_event", "vscode_terminal", toolStart);
      clock.tsMs += 2 * 60_000;
      recorder.record("agent_event", "vscode_terminal", toolStart);
      const sent = await send();
      expect(typesOf(sent)).toEqual([
        "session_started",
        "agent_event",
        "session_ended",
        "session_started",
        "agent_event",
      ]);
      const ids = sent.map(({ session_id }) => session_id);
      expect([ids[2], ids[3] === ids[4], ids[0] === ids[3]]).toEqual([ids[0], true, false]);
    });

    it("records that a session resumed after 30 minutes without events", async () => {
      const { recorder, clock, send } = setUp(100, () => ({ version: "1.0.0" }));
      clock.tsMs -= 5 * 60 * 60_000;
      for (const pauseMs of [29 * 60_000, 31 * 60_000, 0]) {
        recorder.record("agent_event", "vscode_terminal", toolStart);
        clock.tsMs += pauseMs;
      }
      const sent = await send();
      expect(typesOf(sent)).toEqual([
        "session_started",
        "agent_event",
        "agent_event",
        "session_resumed",
        "agent_event",
      ]);
      expect(sent[3]).toMatchObject({ duration_ms: 31 * 60_000 });
    });

    it("records nothing about a session that started while sessions were not allowed", async () => {
      let isAllowed = false;
      const { recorder, send } = setUp(100, () => (isAllowed ? { version: "1.0.0" } : undefined));
      recorder.record("agent_event", "vscode_terminal", toolStart);
      isAllowed = true;
      recorder.record("agent_event", "vscode_terminal", toolStart);
      recorder.endSession();
      expect(typesOf(await send())).toEqual(["agent_event", "agent_event"]);
    });

    it("records no end without a recorded start, also after a session that has both", async () => {
      let isAllowed = true;
      const { recorder, send } = setUp(100, () => (isAllowed ? { version: "1.0.0" } : undefined));
      recorder.record("agent_event", "vscode_terminal", toolStart);
      isAllowed = false;
      recorder.endSession();
      recorder.record("agent_event", "vscode_terminal", toolStart);
      isAllowed = true;
      recorder.endSession();
      expect(typesOf(await send())).toEqual(["session_started", "agent_event", "agent_event"]);
    });
  });

  it("counts the events that the queue refused, and records the count", async () => {
    const { recorder, send } = setUp(2);
    for (let n = 0; n < 5; n += 1) recorder.record("agent_event", "vscode_terminal", toolStart);
    await send();
    recorder.record("agent_event", "vscode_terminal", toolStart);
    const sent = await send();
    expect(sent.map(({ event_type }) => event_type)).toEqual([
      "agent_event",
      "agent_event",
      "events_dropped",
      "agent_event",
    ]);
    expect(sent[2]).toMatchObject({ dropped_count: 3, source: "vscode" });
  });
});

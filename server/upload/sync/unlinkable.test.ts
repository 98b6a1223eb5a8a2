/**
 * Checks that shared data links neither two pseudonyms nor a pseudonym with events before consent.
 */
import { describe, expect, it } from "vitest";
import { eventTypeNames } from "../../../shared/schema/events.ts";
import { fieldNames, fieldTable } from "../../../shared/schema/fields.ts";
import { sources } from "../../../shared/schema/sources.ts";
import { FixedClock } from "../../../test/fixtures/clock.ts";
import { SharingWorker } from "../../../test/fixtures/sharing-worker.ts";
import { UsageServer } from "../../../test/fixtures/usage-server.ts";
import { batchIdOf } from "../wire/batch.ts";

const halfHourMs = 30 * 60_000;

/** Vocabulary values, which every installation may send: they identify none. */
const publicValues: ReadonlySet<unknown> = new Set([
  ...eventTypeNames,
  ...sources,
  ...fieldNames.flatMap((name) => {
    const { type } = fieldTable[name];
    return type.type === "enum" || type.type === "enum_list" ? type.values : [];
  }),
]);

/** Returns every value in the bodies that is not public, with the name of its field. */
function valuesIn(bodies: readonly Buffer[]): ReadonlySet<string> {
  const found = new Set<string>();
  const walk = (name: string, value: unknown): void => {
    if (typeof value === "object" && value !== null) {
      for (const [inner, part] of Object.entries(value)) walk(Array.isArray(value) ? name : inner, part);
    } else if (!publicValues.has(value)) found.add(`${name}=${String(value)}`);
  };
  for (const body of bodies) walk("", JSON.parse(body.toString("utf8")));
  return found;
}

/**
 * Values that are equal for all installations of a version and platform, or count from 1 per
 * session.
 */
const common =
  /^(schema_version|product|version|tier|os|arch|runtime_version|channel|duration_ms|sequence|seq|started_at|command|command_path|exit_class)=/;

async function startSharing() {
  const server = await UsageServer.start();
  const clock = new FixedClock(Date.UTC(2026, 4, 5, 10, 7, 8, 123));
  const sharer = new SharingWorker({ url: server.url, clock });
  const send = async (): Promise<readonly Buffer[]> => {
    const before = server.bodies.length;
    await sharer.worker.sync();
    return server.bodies.slice(before);
  };
  const record = (count: number) => {
    clock.tsMs += 60_000;
    sharer.record(count, clock.tsMs);
  };
  return { sharer, clock, send, record };
}

describe.each([1, 2] as const)("invariant: no-free-text: under schema %d", (schema) => {
  it("shares no identifying value both before and after a pseudonym reset", async () => {
    const { sharer, send, record } = await startSharing();
    sharer.consent("share", { schema });
    record(30);
    const before = valuesIn(await send());
    expect(before.size).toBeGreaterThan(15);
    sharer.worker.resetIdentity();
    record(30);
    const after = valuesIn(await send());
    expect([...after].filter((value) => before.has(value) && !common.test(value))).toEqual([]);
  });

  it("starts sequence numbers at 1 and new sessions with each pseudonym", async () => {
    const { sharer, clock, send, record } = await startSharing();
    sharer.consent("local");
    record(10);
    clock.tsMs += 2 * halfHourMs;
    for (const begin of [() => sharer.consent("share", { schema }), () => sharer.worker.resetIdentity()]) {
      const startedMs = clock.tsMs;
      begin();
      record(6);
      const [body] = await send();
      const { events } = JSON.parse(body?.toString("utf8") ?? "");
      const numbers = events.map(
        (event: { seq?: number; session?: { sequence: number } }) => event.seq ?? event.session?.sequence,
      );
      expect(Math.min(...numbers)).toBe(1);
      expect(Math.max(...numbers)).toBeLessThanOrEqual(6);
      for (const { session } of events) {
        if (session === undefined) continue;
        // Only the hour of the start is shared.
        expect(session.started_at).toMatch(/T\d\d:00:00\.000Z$/);
        expect(Date.parse(session.started_at)).toBeGreaterThan(startedMs - 2 * halfHourMs);
      }
      clock.tsMs += 2 * halfHourMs;
    }
  });

  it("does not reveal in a batch ID how many events the machine has recorded", async () => {
    const { sharer, send, record } = await startSharing();
    sharer.consent("share", { schema });
    for (let pseudonym = 0; pseudonym < 3; pseudonym += 1) {
      record(6);
      const [body] = await send();
      const { batch_id: id, anon_user_id: user, events } = JSON.parse(body?.toString("utf8") ?? "");
      // A server that knows the pseudonym can try all keys: they count from its start.
      const keys = Array.from({ length: 40 }, (_, n) => n + 1);
      const found = keys.flatMap((first) =>
        keys.filter((last) => last >= first && batchIdOf(user, [first, last], 0) === id).map((last) => [first, last]),
      );
      expect(found).toEqual([[1, schema === 1 ? 5 : 6]]);
      expect(events).toHaveLength(schema === 1 ? 3 : 6);
      sharer.worker.resetIdentity();
    }
  });

  it("does not count earlier events in a session of the new pseudonym", async () => {
    const { sharer, clock, send, record } = await startSharing();
    sharer.consent("share", { schema });
    record(2);
    await send();
    const earlierMs = clock.tsMs;
    clock.tsMs += 10 * halfHourMs;
    sharer.worker.resetIdentity();
    sharer.record(6, earlierMs);
    record(2);
    const [body] = await send();
    const [event] = JSON.parse(body?.toString("utf8") ?? "").events;
    expect(event.seq ?? event.session.sequence).toBe(1);
    if (schema === 2) expect(Date.parse(event.session.started_at)).toBeGreaterThan(earlierMs + halfHourMs);
  });

  it("does not share events from before the pseudonym, even if they are stored later", async () => {
    const { sharer, clock, send, record } = await startSharing();
    sharer.consent("share", { schema });
    record(4);
    await send();
    const earlierMs = clock.tsMs;
    clock.tsMs += halfHourMs;
    sharer.worker.resetIdentity();
    sharer.record(4, earlierMs);
    expect(await send()).toEqual([]);
    record(2);
    expect(await send()).toHaveLength(1);
  });
});

/** Nothing that is shared links two pseudonyms, or what is shared with what happened before the consent to share. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { eventTypeNames } from "../../../shared/schema/events.ts";
import { fieldNames, fieldTable } from "../../../shared/schema/fields.ts";
import { sources } from "../../../shared/schema/sources.ts";
import { FixedClock } from "../../../test/fixtures/clock.ts";
import { SharingWorker } from "../../../test/fixtures/sharing-worker.ts";
import { UsageServer } from "../../../test/fixtures/usage-server.ts";
import { batchIdOf } from "../wire/batch.ts";

const halfAnHour = 30 * 60_000;

/** Words that every installation may send: they say nothing of which one it is. */
const publicWords: ReadonlySet<unknown> = new Set([
  ...eventTypeNames,
  ...sources,
  ...fieldNames.flatMap((name) => {
    const { type } = fieldTable[name];
    return type.type === "enum" || type.type === "enum_list" ? type.values : [];
  }),
]);

/** Every value in some bodies that is no public word, with the names that lead to it. */
function valuesIn(bodies: readonly Buffer[]): ReadonlySet<string> {
  const found = new Set<string>();
  const walk = (name: string, value: unknown): void => {
    if (typeof value === "object" && value !== null) {
      for (const [inner, part] of Object.entries(value)) walk(Array.isArray(value) ? name : inner, part);
    } else if (!publicWords.has(value)) found.add(`${name}=${String(value)}`);
  };
  for (const body of bodies) walk("", JSON.parse(body.toString("utf8")));
  return found;
}

/** What is the same for everybody with this version on such a machine, or counts from 1 in each session. */
const common =
  /^(schema_version|product|version|tier|os|arch|runtime_version|channel|duration_ms|sequence|seq|started_at|command|command_path|exit_class)=/;

async function sharing(schema: 1 | 2) {
  const server = await UsageServer.start();
  const clock = new FixedClock(Date.UTC(2026, 4, 5, 10, 7, 8, 123));
  const sharer = new SharingWorker({ url: server.url, clock });
  const config = join(sharer.home, ".config", "nexus");
  mkdirSync(config, { recursive: true, mode: 0o700 });
  writeFileSync(join(config, "config.toml"), `[telemetry]\nupload_schema = ${schema}\n`);
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
  it("nothing that is shared after a reset of the pseudonym was shared before it", async () => {
    const { sharer, send, record } = await sharing(schema);
    sharer.consent();
    record(30);
    const before = valuesIn(await send());
    expect(before.size).toBeGreaterThan(15);
    sharer.worker.resetIdentity();
    record(30);
    const after = valuesIn(await send());
    expect([...after].filter((value) => before.has(value) && !common.test(value))).toEqual([]);
  });

  it("sequence numbers begin at 1 with each pseudonym, and a session not before it", async () => {
    const { sharer, clock, send, record } = await sharing(schema);
    sharer.consent("local");
    record(10);
    clock.tsMs += 2 * halfAnHour;
    for (const begin of [() => sharer.consent(), () => sharer.worker.resetIdentity()]) {
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
        // Of the beginning the hour is shared.
        expect(session.started_at).toMatch(/T\d\d:00:00\.000Z$/);
        expect(Date.parse(session.started_at)).toBeGreaterThan(startedMs - 2 * halfAnHour);
      }
      clock.tsMs += 2 * halfAnHour;
    }
  });

  it("a batch's id does not say where the batch lies among all events of the machine", async () => {
    const { sharer, send, record } = await sharing(schema);
    sharer.consent();
    for (let pseudonym = 0; pseudonym < 3; pseudonym += 1) {
      record(6);
      const [body] = await send();
      const { batch_id: id, anon_user_id: user, events } = JSON.parse(body?.toString("utf8") ?? "");
      // Whoever knows the pseudonym can try places: they begin with it.
      const places = Array.from({ length: 40 }, (_, n) => n + 1);
      const found = places.flatMap((first) =>
        places.filter((last) => last >= first && batchIdOf(user, [first, last], 0) === id).map((last) => [first, last]),
      );
      expect(found).toEqual([[1, schema === 1 ? 5 : 6]]);
      expect(events).toHaveLength(schema === 1 ? 3 : 6);
      sharer.worker.resetIdentity();
    }
  });

  it("what happened before a pseudonym extends and numbers no session that is shared under it", async () => {
    const { sharer, clock, send, record } = await sharing(schema);
    sharer.consent();
    record(2);
    await send();
    const earlierMs = clock.tsMs;
    clock.tsMs += 10 * halfAnHour;
    sharer.worker.resetIdentity();
    sharer.record(6, earlierMs);
    record(2);
    const [body] = await send();
    const [event] = JSON.parse(body?.toString("utf8") ?? "").events;
    expect(event.seq ?? event.session.sequence).toBe(1);
    if (schema === 2) expect(Date.parse(event.session.started_at)).toBeGreaterThan(earlierMs + halfAnHour);
  });

  it("what was recorded before a pseudonym is not shared under it, however late it is stored", async () => {
    const { sharer, clock, send, record } = await sharing(schema);
    sharer.consent();
    record(4);
    await send();
    const earlierMs = clock.tsMs;
    clock.tsMs += halfAnHour;
    sharer.worker.resetIdentity();
    sharer.record(4, earlierMs);
    expect(await send()).toEqual([]);
    record(2);
    expect(await send()).toHaveLength(1);
  });
});

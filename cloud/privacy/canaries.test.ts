/**
 * Canaries and real-looking personal data in every field of every type, over the wire into a server in a process of its own: each is refused, and
 * afterwards in no answer, metric, log, table or file.
 */
import { expect, it, onTestFinished } from "vitest";
import { personal } from "../../scripts/privacy/corpus/personal.ts";
import { Random } from "../../scripts/privacy/corpus/random.ts";
import { secretFormats } from "../../scripts/privacy/corpus/secrets.ts";
import { type EventTypeName, eventTypeNames, fieldsOf } from "../../shared/schema/events.ts";
import type { FieldType } from "../../shared/schema/field-types.ts";
import { fieldTable } from "../../shared/schema/fields.ts";
import { nested } from "../../shared/schema/payload-layout.ts";
import { tempFolder } from "../../test/fixtures/temp-folder.ts";
import { CloudProcess } from "../test/cloud-process.ts";
import { type Event, receiptIn, Sender } from "../test/sender.ts";
import { startTestServer } from "../test/test-server.ts";

const canary = "canary-4c1f";

function goodValue(kind: FieldType): unknown {
  switch (kind.type) {
    case "enum":
      return kind.values[0];
    case "enum_list":
      return [kind.values[0]];
    case "command_path":
      return "git push";
    case "identifier":
      return kind.pattern === "version" ? "1.2.3" : "exp-1";
    case "integer":
    case "decimal":
      return kind.min;
    case "boolean":
      return true;
    case "hash":
      return undefined;
  }
}

/** Every shared field of a type, as it may be. */
const goodPayload = (type: EventTypeName) =>
  nested(
    type,
    Object.fromEntries(
      fieldsOf(type)
        .filter((name) => fieldTable[name].shared !== "never")
        .map((name) => [name, goodValue(fieldTable[name].type)]),
    ),
  );

/** Paths to every value of an object, and of every object in it. */
const places = (value: unknown, path: readonly string[] = []): readonly (readonly string[])[] =>
  typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([name, inner]) => [[...path, name], ...places(inner, [...path, name])])
    : [];

function withValue(event: Event, path: readonly string[], value: unknown): Event {
  const copy = structuredClone(event) as Record<string, unknown>;
  let at = copy;
  for (const name of path.slice(0, -1)) at = at[name] as Record<string, unknown>;
  at[path.at(-1) ?? ""] = value;
  return copy;
}

const random = new Random(11);
const texts = [
  canary,
  `${canary}@example.com`,
  `/home/${canary}/plan.ts`,
  ...Object.values(personal).flatMap((make) => [make(random), make(random)]),
  ...Object.values(secretFormats)
    .slice(0, 20)
    .map((format) => random.fill(format)),
].filter((one) => one.length >= 8);

it("refuses what is personal in any field of any type, and keeps nothing of it anywhere", async () => {
  const data = tempFolder();
  const served = await CloudProcess.start({ NEXUS_CLOUD_DATA: data });
  onTestFinished(async () => void (await served.end("SIGKILL")));
  const sender = new Sender(served.url);
  await sender.enroll();
  const keys = await (await fetch(`${sender.url}/v1/telemetry/keys`)).text();
  const output: string[] = [];
  const send = async (events: readonly unknown[], part: Event = {}) => {
    const answer = await sender.send(sender.batch(events, part));
    output.push(answer.text);
    expect(answer.status).toBe(200);
    return receiptIn(answer.text, keys);
  };

  const good = eventTypeNames.map((type) => sender.event(goodPayload(type), Date.now(), type));
  expect(await send(good)).toMatchObject({ accepted: good.length, rejected: 0 });

  let tried = 0;
  for (const event of good) {
    // Each place with each text in turn, so that over the types every place has had every kind of text.
    const bad = places(event).flatMap((path) =>
      [0, 1, 2, 3].map((n) => {
        const value = texts[(tried + n * 7 + path.length) % texts.length];
        tried += 1;
        return withValue({ ...event, event_id: sender.event()["event_id"] }, path, n === 3 ? [value] : value);
      }),
    );
    const unknown = texts
      .slice(0, 6)
      .map((one) => ({ ...event, payload: { ...Object(event["payload"]), [one]: one } }));
    for (let from = 0; from < bad.length + unknown.length; from += 900) {
      const some = [...bad, ...unknown].slice(from, from + 900);
      expect(await send(some)).toMatchObject({ accepted: 0, rejected: some.length });
    }
  }
  expect(tried).toBeGreaterThan(1_500);

  // Where no event is: the frame, headers, paths, and bodies that are none.
  for (const one of texts) {
    for (const part of [
      { batch_id: one },
      { [one]: one },
      { anon_user_id: one },
      { generated_at: one },
      { events: one },
    ]) {
      const answer = await sender.send(sender.batch(good, part), { "webhook-id": encodeURIComponent(one) });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      output.push(answer.text);
    }
    const path = encodeURIComponent(one);
    const ask = {
      method: "DELETE",
      headers: { "x-forwarded-for": "203.0.113.77", "user-agent": encodeURIComponent(one) },
    };
    for (const answer of [await sender.send(one), await sender.ask(`users/${path}`, ask), await sender.ask(path, {})]) {
      expect(answer.status).toBeGreaterThanOrEqual(400);
      output.push(answer.text);
    }
  }
  output.push(await (await fetch(`${sender.url}/metrics`)).text());
  await served.end("SIGTERM");
  output.push(await served.output);

  const { server, filesWith } = await startTestServer({ NEXUS_CLOUD_DATA: data }, "test");
  for (const table of ["events", "batches", "refused", "hourly"]) {
    const states = table === "hourly" ? "EXCEPT (users_state, durations)" : "";
    const rows = await server.warehouse.query(`SELECT * ${states} FROM ${table}`);
    expect([table, rows.length > 0]).toEqual([table, true]);
    output.push(JSON.stringify(rows));
  }
  for (const table of ["daily", "monthly", "monthly_suppressed", "operations"]) {
    output.push(JSON.stringify(await server.aggregates.query(`SELECT * FROM ${table}`)));
  }
  const everything = output.join("\n");
  for (const one of [...texts, "203.0.113.77"]) {
    expect([one, everything.includes(one)]).toEqual([one, false]);
    expect([one, filesWith(one)]).toEqual([one, []]);
  }
  // The sender's own pseudonym is where it must be: the search does find.
  expect(everything).toContain(sender.id);
});

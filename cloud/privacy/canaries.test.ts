/**
 * Sends canaries and realistic personal data in every field of every event type to a separate
 * server process. Each must be refused and appear in no response, metric, log, table or file.
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

function validValue(fieldType: FieldType): unknown {
  switch (fieldType.type) {
    case "enum":
      return fieldType.values[0];
    case "enum_list":
      return [fieldType.values[0]];
    case "command_path":
      return "git push";
    case "model":
      return "claude-sonnet-4-5";
    case "identifier":
      return fieldType.pattern === "version" ? "1.2.3" : "exp-1";
    case "integer":
    case "decimal":
      return fieldType.min;
    case "boolean":
      return true;
    case "hash":
      return undefined;
  }
}

/** A payload with valid values in every shared field of a type. */
const validPayload = (type: EventTypeName) =>
  nested(
    type,
    Object.fromEntries(
      fieldsOf(type)
        .filter((name) => fieldTable[name].shared !== "never")
        .map((name) => [name, validValue(fieldTable[name].type)]),
    ),
  );

/** Paths to every value of an object, including nested objects. */
const pathsIn = (value: unknown, path: readonly string[] = []): readonly (readonly string[])[] =>
  typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([name, inner]) => [[...path, name], ...pathsIn(inner, [...path, name])])
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
].filter((text) => text.length >= 8);

it("refuses personal data in every field of every type and stores nothing of it", async () => {
  const data = tempFolder();
  const served = await CloudProcess.start({ NEXUS_CLOUD_DATA: data });
  onTestFinished(async () => void (await served.end("SIGKILL")));
  const sender = new Sender(served.url);
  await sender.enroll();
  const keys = await (await fetch(`${sender.url}/v1/telemetry/keys`)).text();
  const output: string[] = [];
  const send = async (events: readonly unknown[], part: Event = {}) => {
    const response = await sender.send(sender.batch(events, part));
    output.push(response.text);
    expect(response.status).toBe(200);
    return receiptIn(response.text, keys);
  };

  const valid = eventTypeNames.map((type) => sender.event(validPayload(type), Date.now(), type));
  expect(await send(valid)).toMatchObject({ accepted: valid.length, rejected: 0 });

  let tried = 0;
  for (const event of valid) {
    // Rotates through the texts, so that across the types every path gets every kind of text.
    const invalid = pathsIn(event).flatMap((path) =>
      [0, 1, 2, 3].map((n) => {
        const value = texts[(tried + n * 7 + path.length) % texts.length];
        tried += 1;
        return withValue({ ...event, event_id: sender.event()["event_id"] }, path, n === 3 ? [value] : value);
      }),
    );
    const unknown = texts
      .slice(0, 6)
      .map((text) => ({ ...event, payload: { ...Object(event["payload"]), [text]: text } }));
    for (let from = 0; from < invalid.length + unknown.length; from += 900) {
      const chunk = [...invalid, ...unknown].slice(from, from + 900);
      expect(await send(chunk)).toMatchObject({ accepted: 0, rejected: chunk.length });
    }
  }
  expect(tried).toBeGreaterThan(1_500);

  // Outside of events: the frame, headers, paths, and bodies that are not batches.
  for (const text of texts) {
    for (const part of [
      { batch_id: text },
      { [text]: text },
      { anon_user_id: text },
      { generated_at: text },
      { events: text },
    ]) {
      const response = await sender.send(sender.batch(valid, part), { "webhook-id": encodeURIComponent(text) });
      expect(response.status).toBeGreaterThanOrEqual(400);
      output.push(response.text);
    }
    const path = encodeURIComponent(text);
    const request = {
      method: "DELETE",
      headers: { "x-forwarded-for": "203.0.113.77", "user-agent": encodeURIComponent(text) },
    };
    for (const response of [
      await sender.send(text),
      await sender.ask(`users/${path}`, request),
      await sender.ask(path, {}),
    ]) {
      expect(response.status).toBeGreaterThanOrEqual(400);
      output.push(response.text);
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
  for (const text of [...texts, "203.0.113.77"]) {
    expect([text, everything.includes(text)]).toEqual([text, false]);
    expect([text, filesWith(text)]).toEqual([text, []]);
  }
  // Control: the search finds the sender's pseudonym.
  expect(everything).toContain(sender.id);
});

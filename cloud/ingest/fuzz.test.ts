/**
 * Sends signed batches of arbitrary content: no server error, no failed insert, no content in
 * responses.
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import { type Event, Sender } from "../test/sender.ts";
import { startTestServer } from "../test/test-server.ts";

const { server, count } = await startTestServer();

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.constantFrom("__proto__", "constructor", "'; DROP TABLE events; --", "\u0000", "canary-4f1b", "🙂", "NaN", "-0"),
);
const value = fc.oneof(
  text,
  fc.double(),
  fc.maxSafeInteger(),
  fc.boolean(),
  fc.constantFrom(null, [], {}, 1e308, -1, 2 ** 63, "2026-13-99T99:99:99Z"),
  fc.jsonValue({ maxDepth: 4 }),
);
/** A mutation of a valid event: a path into it, and the value to put there. */
const change = fc.record({ path: fc.array(text, { minLength: 1, maxLength: 3 }), at: fc.nat(30), value });

function mutated(
  event: Event,
  { path, at, value: replacement }: { path: readonly string[]; at: number; value: unknown },
): unknown {
  const copy = structuredClone(event) as Record<string, unknown>;
  let inner = copy;
  for (const step of path.slice(1)) {
    const keys = Object.keys(inner);
    const next = inner[keys[at % Math.max(1, keys.length)] ?? step];
    if (typeof next !== "object" || next === null || Array.isArray(next)) break;
    inner = next as Record<string, unknown>;
  }
  const keys = [...Object.keys(inner), path[0] ?? ""];
  Object.defineProperty(inner, keys[at % keys.length] ?? "", {
    value: replacement,
    enumerable: true,
    configurable: true,
  });
  return copy;
}

it("answers every signed batch with a protocol status and inserts what it accepted", async () => {
  const sender = new Sender(server.url);
  await sender.enroll();
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.option(change, { nil: undefined }), { minLength: 1, maxLength: 20 }),
      fc.dictionary(fc.constantFrom("generated_at", "schema_version", "events", "more"), value, {
        maxKeys: 1,
      }),
      fc.integer({ min: 0, max: 9 }),
      async (changes, part, rare) => {
        const events = changes.map((item) => (item === undefined ? sender.event() : mutated(sender.event(), item)));
        const body = sender.batch(events, rare === 0 ? part : {});
        const { status, text: response } = await sender.send(body);
        expect([200, 400, 401, 413, 422, 425]).toContain(status);
        expect(response).not.toContain("canary-4f1b");
        if (status === 200) accepted += JSON.parse(JSON.parse(response).receipt).accepted;
      },
    ),
    { numRuns: 300 },
  );
  expect(accepted).toBeGreaterThan(100);
  await server.pipeline.drain();
  expect(await count("SELECT count() FROM events FINAL")).toBe(accepted);
  const metrics = await (await fetch(`${server.operatorUrl}/metrics`)).text();
  expect(metrics).toContain("nexus_insert_failures_total 0");
  expect(metrics).not.toContain("canary-4f1b");
});

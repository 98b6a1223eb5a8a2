/** The largest upload schema that the operator accepts, on every way that clients learn it. */
import { expect, it } from "vitest";
import { Sender } from "../test/sender.ts";
import { startTestServer } from "../test/test-server.ts";

it.each([
  ["1", "1", 2],
  ["2", "1, 2", 4],
])("with upload_schema = %s, answers every batch with the schemas %s", async (largest, schemas, files) => {
  const { server } = await startTestServer({ NEXUS_CLOUD_UPLOAD_SCHEMA: largest }, "test");
  const sender = new Sender(server.url);
  const { text } = await sender.ask("schema", {});
  expect(Object.keys(JSON.parse(text))).toHaveLength(files);
  expect((await sender.enroll()).status).toBe(200);
  const refused = JSON.parse((await sender.send(sender.batch([], { schema_version: 3 }))).text);
  expect(refused).toEqual({ error: "unknown_schema_version" });
  // The version may also come last, after more than any prefix that a server looks at first.
  const { schema_version, ...rest } = JSON.parse(sender.batch([sender.event(), sender.event(), sender.event()]));
  const late = JSON.stringify({ ...rest, schema_version });
  expect(late.indexOf('"schema_version":2')).toBeGreaterThan(1_024);
  for (const body of [sender.batch([sender.event()]), late]) {
    const { status, headers } = await sender.send(body);
    expect([status, headers.get("nexus-upload-schemas")]).toEqual([largest === "2" ? 200 : 422, schemas]);
  }
});

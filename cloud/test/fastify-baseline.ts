/**
 * Upper bound for the benchmark `ingest-rate`: a bare Fastify server that parses and discards the
 * same batches. Prints the duration in milliseconds.
 */
import Fastify from "fastify";
import { Sender } from "./sender.ts";

const [batches = 0, perBatch = 0, inFlight = 0] = process.argv.slice(2).map(Number);
const app = Fastify({ bodyLimit: 4 * 1_048_576 });
app.post("/v1/telemetry/events", async (request) => ({ events: Object(request.body).events.length }));
const sender = new Sender(await app.listen({ host: "127.0.0.1", port: 0 }));
const bodies = Array.from({ length: batches }, () =>
  sender.batch(Array.from({ length: perBatch }, () => sender.event())),
);
const startedMs = performance.now();
await sender.sendAll(bodies, inFlight);
process.stdout.write(`${performance.now() - startedMs}\n`);
process.exit();

/** Conversion of OTLP batches to events, compared with parsing their JSON. */
import { decodeJson } from "../server/ingest/otlp/decode-json.ts";
import { OtlpConverter } from "../server/ingest/otlp/otlp-events.ts";
import { newAgentIds } from "../test/fixtures/agent-ids.ts";
import { scaled } from "./load.ts";
import { figure, type Measurement, quantile } from "./measurement.ts";

const records = 2_000;
const rounds = 40;

function batch(): Buffer {
  const text = (value: unknown) => ({ stringValue: String(value) });
  const logRecords = Array.from({ length: records }, (_, n) => ({
    timeUnixNano: `${1_790_000_000_000 + n}000000`,
    body: text("claude_code.tool_result"),
    attributes: Object.entries({
      "event.name": "tool_result",
      "session.id": "5a1c7c1e-0d0b-4f7e-9a53-3c1a4a6f1d11",
      tool_name: n % 3 === 0 ? "mcp__github__list_issues" : "Bash",
      tool_use_id: `toolu_${String(n).padStart(12, "0")}`,
      success: n % 10 !== 0,
      duration_ms: n,
      "user.email": "ada@example.com",
      tool_parameters: "a command".repeat(20),
    }).map(([key, value]) => ({ key, value: text(value) })),
  }));
  return Buffer.from(JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] }));
}

export async function otlp(): Promise<readonly Measurement[]> {
  const body = batch();
  const converter = new OtlpConverter(() => false, newAgentIds(), 0);
  const decoding: number[] = [];
  const converting: number[] = [];
  for (let round = 0; round < scaled(rounds); round += 1) {
    const startedMs = performance.now();
    JSON.parse(body.toString("utf8"));
    const decodedMs = performance.now();
    converter.eventsOf(decodeJson("logs", body));
    decoding.push(decodedMs - startedMs);
    converting.push(performance.now() - decodedMs);
  }
  const rate = (times: readonly number[]) => (records * 1_000) / quantile(times, 0.5);
  return [
    figure({
      name: "otlp-rate",
      unit: "events/s",
      value: rate(converting),
      against: "JSON.parse only",
      baseline: rate(decoding),
      limit: 20_000,
      atLeast: true,
    }),
  ];
}

/** OTLP/HTTP with JSON (OpenTelemetry protocol 1.x, `ExportLogsServiceRequest` and its siblings; numbers of 64 bits are texts). */
import { type Attributes, keptName, keptValue, MalformedError, type Signal, type Telling } from "./telling.ts";

type Json = Readonly<Record<string, unknown>>;

/** @throws MalformedError */
export function tellingsInJson(signal: Signal, body: Buffer): readonly Telling[] {
  let request: unknown;
  try {
    request = JSON.parse(body.toString("utf8"));
  } catch {
    throw new MalformedError("no JSON");
  }
  if (typeof request !== "object" || request === null || Array.isArray(request)) throw new MalformedError("no object");
  const [resources, scopes, read] = readers[signal];
  return list(Reflect.get(request, resources)).flatMap((resource) => {
    const common = attributesOf(object(resource["resource"])["attributes"]);
    return list(resource[scopes]).flatMap((scope) => read(scope, common));
  });
}

const readers: Readonly<Record<Signal, readonly [string, string, (scope: Json, common: Attributes) => Telling[]]>> = {
  logs: ["resourceLogs", "scopeLogs", (scope, common) => list(scope["logRecords"]).map((log) => logOf(log, common))],
  traces: ["resourceSpans", "scopeSpans", (scope, common) => list(scope["spans"]).map((span) => spanOf(span, common))],
  metrics: [
    "resourceMetrics",
    "scopeMetrics",
    (scope, common) => list(scope["metrics"]).flatMap((m) => sumsOf(m, common)),
  ],
};

function logOf(log: Json, common: Attributes): Telling {
  const attributes = { ...common, ...attributesOf(log["attributes"]) };
  const body = keptName(object(log["body"])["stringValue"]);
  const name = keptName(log["eventName"]) || body;
  const tsMs = milliseconds(log["timeUnixNano"]) || milliseconds(log["observedTimeUnixNano"]);
  return { signal: "logs", name, tsMs, attributes };
}

function spanOf(span: Json, common: Attributes): Telling {
  const tsMs = milliseconds(span["endTimeUnixNano"]);
  return {
    ...{ signal: "traces", name: keptName(span["name"]), tsMs },
    durationMs: Math.max(0, tsMs - milliseconds(span["startTimeUnixNano"])),
    failed: Number(object(span["status"])["code"]) === 2 || object(span["status"])["code"] === "STATUS_CODE_ERROR",
    attributes: { ...common, ...attributesOf(span["attributes"]) },
  };
}

/** Sums of what was added; those that grow for ever say nothing without the one before, and are passed over. */
function sumsOf(metric: Json, common: Attributes): Telling[] {
  const sum = object(metric["sum"]);
  const temporality = sum["aggregationTemporality"];
  if (temporality !== 1 && temporality !== "AGGREGATION_TEMPORALITY_DELTA") return [];
  return list(sum["dataPoints"]).map((point) => ({
    ...{ signal: "metrics", name: keptName(metric["name"]), tsMs: milliseconds(point["timeUnixNano"]) },
    added: Number(point["asInt"] ?? point["asDouble"] ?? 0),
    attributes: { ...common, ...attributesOf(point["attributes"]) },
  }));
}

function attributesOf(given: unknown): Attributes {
  const kept: Record<string, string> = {};
  for (const { key, value } of list(given)) {
    const { stringValue, intValue, doubleValue, boolValue } = object(value);
    const word = keptValue(String(key), stringValue ?? intValue ?? doubleValue ?? boolValue);
    if (word !== undefined) kept[String(key)] = word;
  }
  return kept;
}

/** Nanoseconds since 1970, as a text of digits; 0 of anything else. */
function milliseconds(nanoseconds: unknown): number {
  const text = String(nanoseconds);
  return /^\d{1,20}$/.test(text) ? Math.round(Number(text) / 1_000_000) : 0;
}

const object = (value: unknown): Json => (typeof value === "object" && value !== null ? (value as Json) : {});
const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.map(object) : []);

/**
 * Exports tool calls as an agent does, with OpenTelemetry's own SDK:
 * `node otel-session.mjs AGENT URL json|protobuf`, with the calls as JSON on standard input.
 */
import { text } from "node:stream/consumers";
import { OTLPLogExporter as JsonLogs } from "@opentelemetry/exporter-logs-otlp-http";
import { OTLPLogExporter as ProtobufLogs } from "@opentelemetry/exporter-logs-otlp-proto";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";

const [, , agent, url, format] = process.argv;
const calls = JSON.parse(await text(process.stdin));
const canary = "canary-7e2d /home/ada/canary-7e2d";
const personal = { "user.email": canary, prompt: canary };
const service = {
  claude_code: "claude-code",
  codex: "codex_cli_rs",
  gemini_cli: "gemini-cli",
  copilot: "github-copilot",
};
const resource = resourceFromAttributes({ "service.name": service[agent], "host.name": canary });

/** Attributes of a call in the agent's form; `undefined`: the agent reports it in another way. */
const attributesOf = {
  claude_code: ({ session, id, tool, outcome, durationMs, subagent }) => ({
    "session.id": session,
    tool_name: tool,
    tool_use_id: id,
    query_source: subagent ? "subagent" : "main",
    ...(outcome === "refused"
      ? { "event.name": "tool_decision", decision: "reject", source: "user_reject" }
      : {
          "event.name": "tool_result",
          success: String(outcome === "ok"),
          duration_ms: durationMs,
          ...(outcome === "failed" ? { error_type: "ShellError" } : {}),
        }),
  }),
  gemini_cli: ({ session, tool, outcome, durationMs }) => ({
    "event.name": "gemini_cli.tool_call",
    "session.id": session,
    function_name: tool,
    function_args: canary,
    success: outcome === "ok",
    duration_ms: durationMs,
    decision: outcome === "refused" ? "reject" : "accept",
  }),
};

async function exportLogs() {
  const exporter = format === "json" ? new JsonLogs({ url }) : new ProtobufLogs({ url });
  const provider = new LoggerProvider({ resource, processors: [new BatchLogRecordProcessor({ exporter })] });
  const logger = provider.getLogger("agent");
  for (const call of calls) {
    const attributes = { ...personal, ...attributesOf[agent](call) };
    const name = attributes["event.name"];
    logger.emit({
      body: name.includes(".") ? canary : `claude_code.${name}`,
      timestamp: Date.now() + call.n,
      attributes,
    });
  }
  await provider.forceFlush();
  await provider.shutdown();
}

async function exportSpans() {
  const exporter = new OTLPTraceExporter({ url });
  const provider = new TracerProvider({ resource, spanProcessors: [new BatchSpanProcessor({ exporter })] });
  const tracer = provider.getTracer("agent");
  for (const { id, session, tool, outcome, durationMs, n } of calls) {
    const startTime = Date.now() + n;
    const attributes = {
      ...personal,
      "gen_ai.operation.name": "execute_tool",
      "gen_ai.tool.name": tool,
      "gen_ai.tool.call.id": id,
      "gen_ai.conversation.id": `${n}`,
      "copilot_chat.chat_session_id": session,
      "gen_ai.tool.call.result": canary,
    };
    const span = tracer.startSpan(`execute_tool ${tool}`, { startTime, attributes });
    if (outcome !== "ok") span.setStatus({ code: 2, message: canary });
    span.end(startTime + durationMs);
  }
  await provider.forceFlush();
  await provider.shutdown();
}

await (agent === "copilot" ? exportSpans() : exportLogs());

"""Exports tool calls as Codex does, with OpenTelemetry's own SDK: ``otel_session.py URL``, calls as JSON on standard input."""

import json
import sys
import time

from opentelemetry._logs import LogRecord
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource

CANARY = "canary-7e2d /home/ada/canary-7e2d"

provider = LoggerProvider(resource=Resource.create({"service.name": "codex_cli_rs", "host.name": CANARY}))
provider.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter(endpoint=sys.argv[1])))
logger = provider.get_logger("codex")
for call in json.load(sys.stdin):
    refused = call["outcome"] == "refused"
    outcome = {"decision": "denied"} if refused else {"success": str(call["outcome"] == "ok").lower(), "duration_ms": call["durationMs"]}
    attributes = {
        "event.name": "codex.tool_decision" if refused else "codex.tool_result",
        "conversation.id": call["session"],
        "tool_name": call["tool"],
        "call_id": call["id"],
        "arguments": CANARY,
        "output": CANARY,
        **outcome,
    }
    logger.emit(LogRecord(timestamp=time.time_ns() + call["n"] * 1_000_000, attributes=attributes))
provider.force_flush()
provider.shutdown()

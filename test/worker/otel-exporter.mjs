/**
 * Exports one log record with OpenTelemetry's own SDK to a URL, and prints "exported" or "failed".
 */
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-proto";
import { LoggerProvider, SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs";

const exporter = new OTLPLogExporter({ url: process.argv[2] });
const send = exporter.export.bind(exporter);
exporter.export = (records, done) =>
  send(records, (result) => {
    process.stdout.write(result.code === 0 ? "exported" : "failed");
    done(result);
  });
const provider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] });
provider.getLogger("nexus").emit({ body: "claude_code.tool_result" });
await provider.forceFlush();
await provider.shutdown();

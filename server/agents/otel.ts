/**
 * The settings with which each agent exports OpenTelemetry to the receiver. The user adds them; we
 * never change these files. The receiver uses HTTPS with its own certificate, which is passed in
 * the form that the agent's exporter supports.
 */
import type { AgentName } from "../../shared/protocol/agents.ts";
import type { ReceiverSettings } from "../ingest/receiver/receiver-config.ts";

export interface OtelSetting {
  /** The file or environment to add the lines to, as a sentence. */
  readonly file: string;
  readonly lines: readonly string[];
  /**
   * A warning if the exporter might send data to another program that takes the port; `null` if a
   * test showed that it does not. `docs/guide/agents.md` lists the tested versions.
   */
  readonly risk: string | null;
}

/** Returns `null` for an agent that does not export from this machine. */
export function otelSetting(
  agent: AgentName,
  { port, token }: ReceiverSettings,
  certificate: string,
): OtelSetting | null {
  const address = `https://127.0.0.1:${port}`;
  // Spaces must be encoded (OpenTelemetry, "Specifying headers via environment variables").
  const exporter = {
    OTEL_EXPORTER_OTLP_ENDPOINT: address,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
    OTEL_EXPORTER_OTLP_HEADERS: `Authorization=Bearer%20${token}`,
    OTEL_EXPORTER_OTLP_CERTIFICATE: certificate,
  };
  switch (agent) {
    case "claude_code":
      return {
        file: "Add to ~/.claude/settings.json (NODE_EXTRA_CA_CERTS makes Claude Code trust the receiver's certificate):",
        lines: inJson({
          env: {
            CLAUDE_CODE_ENABLE_TELEMETRY: "1",
            OTEL_LOGS_EXPORTER: "otlp",
            OTEL_METRICS_EXPORTER: "otlp",
            ...exporter,
            NODE_EXTRA_CA_CERTS: certificate,
          },
        }),
        risk: null,
      };
    case "copilot":
      return {
        file: "Set only for Copilot or VS Code, not in a shell profile: there, every program with OpenTelemetry would send its data here too, and other agents would start to export. Lines for the shell that starts it:",
        lines: Object.entries({ COPILOT_OTEL_ENABLED: "true", ...exporter }).map(
          ([name, value]) => `export ${name}=${inShell(value)}`,
        ),
        risk: "Copilot in VS Code is untested: with http.proxyStrictSSL off, VS Code may send to any program that takes the port.",
      };
    case "codex":
      return {
        file: "Add to ~/.codex/config.toml:",
        lines: [
          "[otel]",
          "log_user_prompt = false",
          "",
          "[otel.exporter.otlp-http]",
          `endpoint = "${address}/v1/logs"`,
          'protocol = "binary"',
          `headers = { "Authorization" = "Bearer ${token}" }`,
          "",
          "[otel.exporter.otlp-http.tls]",
          `ca-certificate = ${JSON.stringify(certificate)}`,
        ],
        risk: null,
      };
    case "gemini_cli":
      return {
        file: `In the shell that starts Gemini CLI, run: export OTEL_EXPORTER_OTLP_CERTIFICATE=${inShell(certificate)}\nAdd to ~/.gemini/settings.json:`,
        // Gemini CLI has no setting for headers, so the secret is part of the URL.
        lines: inJson({
          telemetry: {
            enabled: true,
            target: "local",
            otlpProtocol: "http",
            otlpEndpoint: `${address}/${token}`,
            logPrompts: false,
          },
        }),
        risk: null,
      };
    default:
      return null;
  }
}

const inJson = (value: object): readonly string[] => JSON.stringify(value, null, 2).split("\n");

/** Quotes a text for a POSIX shell if it needs quoting. */
const inShell = (text: string): string => (/^[\w./:%=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

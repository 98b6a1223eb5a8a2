/**
 * What each agent needs to export by OpenTelemetry: lines for its settings or its environment, which the user puts there. The receiver
 * speaks HTTPS with a certificate of its own, and each agent is given that certificate in the way that its exporter honours.
 */
import type { AgentName } from "../../shared/protocol/agents.ts";
import type { ReceiverSettings } from "../ingest/receiver/receiver-config.ts";

export interface OtelSetting {
  /** Where the lines go, as a sentence. */
  readonly file: string;
  readonly lines: readonly string[];
  /**
   * What the exporter might do with another program that takes the port, as a sentence; `null` where it was seen to send it nothing.
   * `docs/guide/agents.md` names the versions that were tried.
   */
  readonly risk: string | null;
}

/** `null` of an agent that sends nothing from this machine. */
export function otelSetting(
  agent: AgentName,
  { port, token }: ReceiverSettings,
  certificate: string,
): OtelSetting | null {
  const address = `https://127.0.0.1:${port}`;
  // A blank has no place in this variable (OpenTelemetry, "Specifying headers via environment variables").
  const exporter = {
    OTEL_EXPORTER_OTLP_ENDPOINT: address,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
    OTEL_EXPORTER_OTLP_HEADERS: `Authorization=Bearer%20${token}`,
    OTEL_EXPORTER_OTLP_CERTIFICATE: certificate,
  };
  switch (agent) {
    case "claude_code":
      return {
        file: "Put this into ~/.claude/settings.json. Claude Code trusts a certificate of its own by NODE_EXTRA_CA_CERTS:",
        lines: inJson({
          env: {
            CLAUDE_CODE_ENABLE_TELEMETRY: "1",
            OTEL_LOGS_EXPORTER: "otlp",
            ...exporter,
            NODE_EXTRA_CA_CERTS: certificate,
          },
        }),
        risk: null,
      };
    case "copilot":
      return {
        file: "Put this into the environment that Copilot or VS Code starts in:",
        lines: Object.entries({ COPILOT_OTEL_ENABLED: "true", ...exporter }).map(
          ([name, value]) => `export ${name}=${inShell(value)}`,
        ),
        risk: "Copilot in VS Code was not tried: with http.proxyStrictSSL off, VS Code may send to any program that takes the port.",
      };
    case "codex":
      return {
        file: "Put this into ~/.codex/config.toml:",
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
        file: `Put this into ~/.gemini/settings.json, and export OTEL_EXPORTER_OTLP_CERTIFICATE=${inShell(certificate)} where Gemini CLI starts:`,
        // It has no setting for a header, so the secret is a part of the address.
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
    case "cursor":
      return null;
  }
}

const inJson = (value: object): readonly string[] => JSON.stringify(value, null, 2).split("\n");

/** As one word of a POSIX shell; plain words stay as they are. */
const inShell = (text: string): string => (/^[\w./:%=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

/** What each agent needs to tell by OpenTelemetry: lines for its surroundings or its configuration, which the user puts there. */
import type { AgentName } from "../../shared/agents.ts";
import type { Door } from "../doors/door-file.ts";

export interface OtelSetting {
  /** Where the lines go, as a sentence. */
  readonly where: string;
  readonly lines: readonly string[];
}

/** `null` of an agent that sends nothing from this machine. */
export function otelSetting(agent: AgentName, { port, token }: Door): OtelSetting | null {
  const address = `http://127.0.0.1:${port}`;
  // A blank has no place in this variable (OpenTelemetry, "Specifying headers via environment variables").
  const exporter = [
    `export OTEL_EXPORTER_OTLP_ENDPOINT=${address}`,
    "export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
    `export OTEL_EXPORTER_OTLP_HEADERS=Authorization=Bearer%20${token}`,
  ];
  const surroundings = (program: string) =>
    `Put this into the environment that ${program} starts in, such as your shell's profile:`;
  switch (agent) {
    case "claude_code":
      return {
        where: surroundings("Claude Code"),
        lines: ["export CLAUDE_CODE_ENABLE_TELEMETRY=1", "export OTEL_LOGS_EXPORTER=otlp", ...exporter],
      };
    case "copilot":
      return { where: surroundings("Copilot"), lines: ["export COPILOT_OTEL_ENABLED=true", ...exporter] };
    case "codex":
      return {
        where: "Put this into ~/.codex/config.toml:",
        lines: [
          "[otel]",
          "log_user_prompt = false",
          `exporter = { otlp-http = { endpoint = "${address}/v1/logs", protocol = "binary", headers = { "Authorization" = "Bearer ${token}" } } }`,
        ],
      };
    case "gemini_cli":
      return {
        where: "Put this into ~/.gemini/settings.json:",
        // It has no setting for a header, so the secret is a part of the address.
        lines: JSON.stringify(
          {
            telemetry: {
              ...{ enabled: true, target: "local", otlpProtocol: "http", otlpEndpoint: `${address}/${token}` },
              logPrompts: false,
            },
          },
          null,
          2,
        ).split("\n"),
      };
    case "cursor":
      return null;
  }
}

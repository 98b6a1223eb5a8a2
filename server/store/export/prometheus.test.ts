import { expect, it } from "vitest";
import { admitted } from "../../../test/fixtures/clean-events.ts";
import { anything } from "../../../test/fixtures/raw-events.ts";
import { readBothWays } from "../../../test/fixtures/read-rollups.ts";
import { PriceList } from "../../analytics/price-list.ts";
import { answer } from "../../analytics/query/query.ts";
import { prometheusText } from "./prometheus.ts";

const now = new Date(2026, 6, 15, 12).getTime();
const local = { ts: now - 3_600_000, utc_offset_min: -new Date(now).getTimezoneOffset() };

it("is valid text of totals in base units, without metrics that are zero", () => {
  const run = { ...local, source: "vscode_terminal", stream: "tool", tool_name: "run_terminal_cmd", tool_phase: "end" };
  const events = [
    admitted(anything({ ...run, command_line: "git push", exit_code: 0, duration_ms: 1_500 })),
    admitted(anything({ ...run, command_line: "git push", exit_code: 1, duration_ms: 500 })),
    admitted(
      anything({
        ...local,
        event_type: "model_request",
        source: "otlp",
        agent: "codex",
        model: "gpt-5",
        tokens_input: 10,
        tokens_cache_write_5m: 4,
      }),
    ),
  ];
  const text = readBothWays(events, now, (connection) =>
    prometheusText((by) => answer(connection, { period: { period: "month" }, by }, new PriceList(), now)),
  );
  for (const line of text.trimEnd().split("\n"))
    expect(line).toMatch(
      /^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z0-9_]+="[^"\n]*"(,[a-z0-9_]+="[^"\n]*")*\})? [\d.e-]+)$/,
    );
  expect(text).toContain('nexus_command_runs_total{command="git push",outcome="ok"} 1\n');
  expect(text).toContain('nexus_command_runs_total{command="git push",outcome="failed"} 1\n');
  expect(text).toContain('nexus_command_seconds_total{command="git push"} 2\n');
  expect(text).toContain('nexus_model_tokens_total{model="gpt-5",kind="cache_write_5m"} 4\n');
  expect(text).not.toContain("nexus_agent_calls_total");
  const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
  expect(new Set(names).size).toBe(names.length);
});

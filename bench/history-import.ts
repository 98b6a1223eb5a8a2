/** Records per second from an agent's files to the database, each a response or a tool use. Baseline: reading without storing. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../server/clock.ts";
import { pathsFrom } from "../server/config/paths.ts";
import { readAgentHistory } from "../server/history/agent-history.ts";
import { silentListener, TelemetryCore } from "../server/worker/core.ts";
import { HistoryImporter } from "../server/worker/history-importer.ts";
import { dayMs } from "../shared/schema/durations.ts";
import { decide } from "../test/fixtures/consented.ts";
import { scaled } from "./load.ts";
import { figure, type Measurement, medianMs } from "./measurement.ts";

const files = 10;
/** Of each file, with a tool use each. */
const responses = 4_000;

function session(of: number, startMs: number): string {
  const lines: string[] = [];
  const sessionId = `session-${of}`;
  for (let n = 0; n < scaled(responses, 20); n += 1) {
    const at = startMs + n * 20_000;
    const common = {
      sessionId,
      isSidechain: false,
      timestamp: new Date(at).toISOString(),
      requestId: `req_${of}_${n}`,
    };
    const usage = { input_tokens: 4, output_tokens: 300 + (n % 90), cache_read_input_tokens: 40_000 };
    const use = { type: "tool_use", id: `toolu_01ABCDEF_${of}_${n}`, name: n % 3 === 0 ? "Bash" : "Read", input: {} };
    const message = { id: `msg_${of}_${n}`, model: "claude-opus-4-5", stop_reason: "tool_use", content: [use], usage };
    lines.push(JSON.stringify({ ...common, type: "assistant", message }));
    const result = { type: "tool_result", tool_use_id: use.id, is_error: n % 20 === 0 };
    const timestamp = new Date(at + 900).toISOString();
    lines.push(JSON.stringify({ sessionId, timestamp, type: "user", message: { content: [result] } }));
  }
  return `${lines.join("\n")}\n`;
}

export async function historyImport(): Promise<readonly Measurement[]> {
  const home = mkdtempSync(join(tmpdir(), "nexus-bench-"));
  try {
    const folder = join(home, ".claude", "projects", "work");
    mkdirSync(folder, { recursive: true });
    const startMs = Date.now() - 60 * dayMs;
    for (let n = 0; n < files; n += 1) writeFileSync(join(folder, `${n}.jsonl`), session(n, startMs + n * dayMs));
    decide(home);
    const core = new TelemetryCore(
      pathsFrom({}, home),
      {},
      { telemetry: true, enabled: true, proxy: null },
      systemClock,
      silentListener,
    );
    const importer = new HistoryImporter(core);
    const records = 2 * files * scaled(responses, 20);
    const startedMs = performance.now();
    const planned = importer.plan(["claude_code"], home, {}, () => undefined);
    const [imported] = await importer.import(planned, false, () => undefined);
    const importedMs = performance.now() - startedMs;
    if (imported?.added !== records) throw new Error("Records are missing.");
    core.close();
    const readMs = medianMs(() => readAgentHistory(["claude_code"], home, {}), scaled(3));
    return [
      figure({
        name: "history-import",
        unit: "events/s",
        value: records / (importedMs / 1_000),
        against: "reading without storing",
        baseline: records / (readMs / 1_000),
        limit: 60_000,
        atLeast: true,
      }),
    ];
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/**
 * Megabytes per second of an agent's history through the scanner on one core: lines of Claude Code, of which most bytes are results
 * of tools. Baseline: `JSON.parse` of the same lines. Also the resident memory that reading adds.
 */
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readAgentHistory } from "../server/history/agent-history.ts";
import { readLines } from "../server/history/lines.ts";
import { scaled } from "./load.ts";
import { figure, type Measurement, medianMs } from "./measurement.ts";

const files = 20;
/** Of each file. */
const responses = 1_400;
const rounds = 5;
/** Bytes of a result of a tool, and of an answer. */
const resultBytes = 5_000;
const answerBytes = 600;

/** A text with quotes, escapes and other letters. */
function textOf(bytes: number): string {
  const part = 'const name = "value";\n\t// Größe: 10 → 12\n';
  return part.repeat(Math.ceil(bytes / part.length)).slice(0, bytes);
}

/** Shares of bytes as in real sessions: 61% results, 20% progress, 18% responses. */
function session(of: number): string {
  const [result, answer] = [textOf(resultBytes), textOf(answerBytes)];
  const lines: string[] = [];
  const sessionId = `session-${of}`;
  for (let n = 0; n < scaled(responses, 20); n += 1) {
    const timestamp = new Date(Date.UTC(2026, 5, 1) + n * 20_000).toISOString();
    const common = { parentUuid: `p${n}`, cwd: "/work", sessionId, version: "2.1.157", timestamp, isSidechain: false };
    const usage = {
      input_tokens: 4,
      output_tokens: 300,
      cache_read_input_tokens: 40_000,
      cache_creation_input_tokens: 900,
    };
    const block = { type: "tool_use", id: `toolu_${of}_${n}`, name: "Read", input: { file_path: answer } };
    for (const content of [{ type: "text", text: answer }, block]) {
      const message = { id: `msg_${of}_${n}`, role: "assistant", model: "claude-opus-4-5", content: [content], usage };
      lines.push(JSON.stringify({ ...common, type: "assistant", uuid: `a${n}`, message }));
    }
    lines.push(
      JSON.stringify({ ...common, type: "progress", uuid: `x${n}`, data: { type: "hook", output: answer + answer } }),
    );
    const content = [{ type: "tool_result", tool_use_id: block.id, content: result }];
    lines.push(JSON.stringify({ ...common, type: "user", uuid: `u${n}`, message: { role: "user", content } }));
  }
  return `${lines.join("\n")}\n`;
}

export async function history(): Promise<readonly Measurement[]> {
  const home = mkdtempSync(join(tmpdir(), "nexus-bench-"));
  try {
    const folder = join(home, ".claude", "projects", "work");
    mkdirSync(folder, { recursive: true });
    const paths = Array.from({ length: files }, (_, n) => join(folder, `session-${n}.jsonl`));
    for (const [n, path] of paths.entries()) writeFileSync(path, session(n));
    const megabytes = paths.reduce((sum, path) => sum + statSync(path).size, 0) / 1_000_000;
    const before = process.memoryUsage().rss;
    const scannedMs = medianMs(() => {
      const [found] = readAgentHistory(["claude_code"], home, {});
      if (found?.responses.length !== files * scaled(responses, 20)) throw new Error("Responses are missing.");
    }, scaled(rounds));
    const addedBytes = process.memoryUsage().rss - before;
    const parsedMs = medianMs(() => {
      for (const path of paths) readLines(path, (bytes, start, end) => JSON.parse(bytes.toString("utf8", start, end)));
    }, scaled(rounds));
    const [rate, baseline] = [megabytes / (scannedMs / 1_000), megabytes / (parsedMs / 1_000)];
    const against = "JSON.parse of the same lines";
    return [
      figure({ name: "history-rate", unit: "MB/s", value: rate, against, baseline, limit: 300, atLeast: true }),
      figure({
        name: "history-memory",
        unit: "bytes",
        value: addedBytes,
        against: "the files",
        baseline: megabytes * 1_000_000,
        limit: 200 * 1024 * 1024,
      }),
    ];
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

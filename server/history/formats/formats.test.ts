/** Files of agents as they change over time, and files that are hard to read: each response counts once, and nothing is guessed. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { HistoryName } from "../../../shared/vocabulary/history-names.ts";
import { writeDatabase } from "../../../test/fixtures/agent-history.ts";
import { tempFolder } from "../../../test/fixtures/temp-folder.ts";
import { type AgentHistory, readAgentHistory } from "../agent-history.ts";

type Files = Readonly<Record<string, string | readonly object[]>>;

const linesOf = (lines: readonly object[]) => lines.map((line) => JSON.stringify(line)).join("\n");

function read(agent: HistoryName, files: Files, prepare: (home: string) => void = () => undefined): AgentHistory {
  const home = tempFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(home, dirname(path)), { recursive: true });
    writeFileSync(join(home, path), typeof text === "string" ? text : linesOf(text));
  }
  prepare(home);
  const [history] = readAgentHistory([agent], home, {});
  if (history === undefined) throw new Error("no history");
  return history;
}

const counted = ({ responses }: Pick<AgentHistory, "responses">) =>
  responses.map(({ tokens: { input, output }, model, isExact }) => [model, input, output, isExact]);

const at = (minute: number) => new Date(Date.UTC(2026, 5, 1, 10, minute)).toISOString();

describe("sessions of Copilot CLI", () => {
  const message = (minute: number, outputTokens: number, model?: string) => ({
    type: "assistant.message",
    timestamp: at(minute),
    data: { apiCallId: `a${minute}`, outputTokens, ...(model === undefined ? {} : { model }) },
  });
  const end = (minute: number, model: string, inputTokens: number, outputTokens: number) => ({
    type: "session.shutdown",
    timestamp: at(minute),
    data: { modelMetrics: { [model]: { usage: { inputTokens, outputTokens } } } },
  });
  const events = (...lines: readonly object[]): Files => ({ ".copilot/session-state/s1/events.jsonl": lines });
  const columns =
    "id INTEGER, session_id TEXT, model TEXT, input_tokens INTEGER, output_tokens INTEGER, cache_read_tokens INTEGER, cache_write_tokens INTEGER, reasoning_tokens INTEGER, total_nano_aiu INTEGER, created_at TEXT";
  const withRows =
    (...rows: readonly (readonly unknown[])[]) =>
    (home: string) => {
      mkdirSync(join(home, ".copilot"), { recursive: true });
      const file = join(home, ".copilot", "session-store.db");
      const sql = `CREATE TABLE assistant_usage_events (${columns})`;
      writeDatabase(file, { sql, rows: { assistant_usage_events: rows }, isWal: false }).close();
    };
  const row = (id: number, session: string, input: number, time: string) =>
    [id, session, "gpt-5", input, 5, 0, 0, 0, 0, time] as const;

  it("takes the totals for what the messages before them say, however a model is written", () => {
    for (const said of [undefined, "claude-opus-4.5", "anthropic/claude-opus-4-5"])
      for (const output of [49, 50, 51])
        expect(
          counted(read("copilot_cli", events(message(1, output, said), end(2, "claude-opus-4-5", 1_000, 50)))),
        ).toEqual([["claude-opus-4-5", 1_000, 50, true]]);
  });

  it("says at least what messages say without totals", () => {
    expect(counted(read("copilot_cli", events(message(1, 7, "gpt-5"), message(2, 8, "gpt-5"))))).toEqual([
      ["gpt-5", 0, 15, false],
    ]);
  });

  it("does not take requests of equal numbers for one, and knows what came before the database", () => {
    const [one, other] = [row(1, "s2", 10, at(1)), row(1, "s3", 20, at(2))];
    expect(counted(read("copilot_cli", {}, withRows(one, other)))).toHaveLength(2);
    const before = events(message(1, 50, "gpt-5"), end(2, "gpt-5", 1_000, 50), end(9, "gpt-5", 1_010, 55));
    expect(counted(read("copilot_cli", before, withRows(row(1, "s1", 10, at(8)))))).toEqual([
      ["gpt-5", 10, 5, true],
      ["gpt-5", 1_000, 50, true],
    ]);
  });

  it("leaves its sessions to the next time while the database cannot be read", () => {
    const history = read("copilot_cli", events(end(2, "gpt-5", 1_000, 50)), (home) =>
      writeFileSync(join(home, ".copilot", "session-store.db"), "no database".repeat(20)),
    );
    expect([counted(history), history.unreadable.map(({ reason }) => reason)]).toEqual([[], ["not a database"]]);
  });
});

describe("chats of VS Code", () => {
  const path = ".config/Code/User/globalStorage/emptyWindowChatSessions/c.jsonl";
  const request = (n: number) => ({
    requestId: `request_${n}`,
    timestamp: Date.parse(at(n)),
    modelId: "copilot/gpt-5",
  });
  const result = (n: number, outputTokens: number) => ({
    kind: 1,
    k: ["requests", n, "result"],
    v: { metadata: { promptTokens: 10, outputTokens } },
  });
  const first = { kind: 0, v: { sessionId: "c", requests: [] } };
  const added = (n: number) => ({ kind: 2, k: ["requests"], v: [request(n)] });

  it("counts what was taken back, which had been billed", () => {
    const taken = { kind: 2, k: ["requests"], i: 0, v: [request(3)] };
    const history = read("vscode_agent", { [path]: [first, added(1), result(0, 5), taken, result(0, 7)] });
    expect(counted(history).map(([, , output]) => output)).toEqual([5, 7]);
  });

  it("does not guess the places of requests after a line that it cannot read", () => {
    const lines = linesOf([first, added(1)]);
    for (const text of [
      `${lines}\n{"kind":2,\n${linesOf([added(2), result(1, 5)])}`,
      linesOf([added(2), result(0, 5)]),
    ]) {
      const history = read("vscode_agent", { [path]: text });
      expect(counted(history).every(([, input]) => input === 0)).toBe(true);
    }
  });
});

describe("other agents", () => {
  it("counts an entry of Pi the same with and without an ID", () => {
    const entry = (more: object) => ({
      type: "message",
      timestamp: at(1),
      ...more,
      message: { role: "assistant", model: "claude-opus-4-5", usage: { input: 1, output: 2 } },
    });
    const files = { ".pi/agent/sessions/a.jsonl": [entry({})], ".pi/agent/sessions/b.jsonl": [entry({ id: "ab12" })] };
    expect(counted(read("pi", files))).toEqual([["claude-opus-4-5", 1, 2, true]]);
  });

  it("reads compressed threads of Zed, and names those that are damaged", () => {
    const history = read("zed", {}, (home) => {
      const folder = join(home, ".local", "share", "zed", "threads");
      mkdirSync(folder, { recursive: true });
      const usage = { input_tokens: 10, output_tokens: 5, cache_read_input_tokens: 90 };
      const text = JSON.stringify({ model: { model: "claude-sonnet-4-5" }, cumulative_token_usage: usage });
      const threads = [
        ["t1", at(1), "zstd", zstdCompressSync(text)],
        ["t2", at(2), "zstd", Buffer.from(text)],
        ["t3", at(3), "json", Buffer.from(text.slice(1))],
      ];
      const sql = "CREATE TABLE threads (id TEXT, updated_at TEXT, data_type TEXT, data BLOB)";
      writeDatabase(join(folder, "threads.db"), { sql, rows: { threads }, isWal: false }).close();
    });
    expect([counted(history), history.skippedLines]).toEqual([[["claude-sonnet-4-5", 100, 5, true]], 2]);
  });

  it("takes no number that cannot be true", () => {
    const text = JSON.stringify([
      {
        ts: Date.parse(at(1)),
        say: "api_req_started",
        text: JSON.stringify({ tokensIn: Number.MAX_SAFE_INTEGER, tokensOut: 5 }),
      },
    ]);
    const path = ".config/Code/User/globalStorage/saoudrizwan.claude-dev/tasks/1/ui_messages.json";
    expect(counted(read("cline", { [path]: text }))).toEqual([["other", 0, 0, false]]);
  });

  it("reads Cline's own folder if its variables are empty", () => {
    const home = tempFolder();
    const folder = join(home, ".cline", "data", "tasks", "1");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "ui_messages.json"), "[]");
    for (const env of [{ CLINE_DATA_DIR: "", CLINE_DIR: "" }, { CLINE_DIR: join(home, ".cline") }])
      expect(readAgentHistory(["cline"], home, env)).toMatchObject([{ files: 1 }]);
    rmSync(home, { recursive: true });
  });

  it("reads very long entries of zsh in one pass, and names them", () => {
    const long = Array.from({ length: 20_000 }, () => `${"x".repeat(100)}\\`).join("\n");
    const many = Array.from({ length: 60 }, () => `: 1780000000:0;echo ${"\\".repeat(16_000)}x`).join("\n");
    const history = read("zsh", {
      ".zsh_history": `: 1780000000:0;echo ${long}\nend\n${many}\n: 1780000001:0;git log\n`,
    });
    expect(history.tools.at(-1)?.command?.path).toBe("git log");
    expect(history.skippedLines).toBeGreaterThanOrEqual(1);
  });
});

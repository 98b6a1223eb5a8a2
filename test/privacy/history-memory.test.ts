/** After reading agents' histories, the memory of the process holds no text of a prompt. Linux only: it reads /proc. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readFileSync, readSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { root } from "../../scripts/generate/generate.ts";
import { tempFolder } from "../fixtures/temp-folder.ts";

/** Reads, then waits. `keeps`: also keeps the text, which proves that the search finds it. */
const program = (home: string, keeps: boolean) => `
  import { readFileSync } from "node:fs";
  import { readAgentHistory } from ${JSON.stringify(join(root, "server", "history", "agent-history.ts"))};
  const read = readAgentHistory(["claude_code", "codex", "gemini_cli", "qwen_code"], ${JSON.stringify(home)}, {});
  globalThis.kept = ${keeps} ? readFileSync(${JSON.stringify(join(home, ".claude/projects/-work/a.jsonl"))}, "utf8") : "";
  process.stdout.write(JSON.stringify(read.map(({ responses }) => responses.length)));
  setInterval(() => {}, 1_000_000);`;

const needle = ["a prompt that must not", "be found in memory"].join(" ");
const time = "2026-06-01T10:00:00.000Z";
const files: Readonly<Record<string, readonly object[]>> = {
  ".claude/projects/-work/a.jsonl": [
    {
      type: "assistant",
      sessionId: "s1",
      timestamp: time,
      message: {
        id: "msg_1",
        model: "claude-opus-4-5",
        content: [{ type: "text", text: needle }],
        usage: { input_tokens: 1, output_tokens: 2 },
      },
    },
  ],
  ".codex/sessions/2026/06/01/rollout-1.jsonl": [
    { timestamp: time, type: "session_meta", payload: { id: "t1", instructions: needle } },
    {
      timestamp: time,
      type: "token_usage_record",
      payload: { response_id: "r1", text: needle, usage: { input_tokens: 1 } },
    },
  ],
  ".gemini/tmp/p/chats/session-1.json": [
    {
      sessionId: "s1",
      messages: [
        {
          id: "m1",
          timestamp: time,
          type: "gemini",
          content: needle,
          model: "gemini-2.5-pro",
          tokens: { input: 1, output: 2 },
        },
      ],
    },
  ],
  ".qwen/projects/p/chats/q.jsonl": [
    {
      uuid: "u1",
      sessionId: "s1",
      timestamp: time,
      type: "assistant",
      model: "qwen3-coder-plus",
      message: { parts: [{ text: needle }] },
      usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 2 },
    },
  ],
};

/** Whether the writable memory of a process contains the needle, in one of V8's encodings. */
function holdsNeedle(pid: number): boolean {
  const wanted = [Buffer.from(needle, "latin1"), Buffer.from(needle, "utf16le")];
  const memory = openSync(`/proc/${pid}/mem`, "r");
  try {
    return readFileSync(`/proc/${pid}/maps`, "utf8")
      .split("\n")
      .some((line) => {
        const [, from = "", to = ""] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? [];
        if (from === "" || line.includes("[vvar") || line.includes("[vsyscall")) return false;
        const part = Buffer.alloc(4 * 1024 * 1024 + needle.length * 2);
        for (let at = BigInt(`0x${from}`); at < BigInt(`0x${to}`); at += BigInt(4 * 1024 * 1024)) {
          const left = Number(BigInt(`0x${to}`) - at);
          const count = readSync(memory, part, 0, Math.min(part.length, left), at as unknown as number);
          if (wanted.some((text) => part.subarray(0, count).includes(text))) return true;
        }
        return false;
      });
  } finally {
    closeSync(memory);
  }
}

it.runIf(process.platform === "linux")("leaves no text of a history in memory", async () => {
  const home = tempFolder();
  for (const [path, lines] of Object.entries(files)) {
    mkdirSync(join(home, dirname(path)), { recursive: true });
    writeFileSync(join(home, path), lines.map((line) => JSON.stringify(line)).join("\n"));
  }
  for (const keeps of [true, false]) {
    const child = spawn(process.execPath, ["--input-type=module", "-e", program(home, keeps)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      const [read] = await once(child.stdout, "data");
      expect(JSON.parse(String(read))).toEqual([1, 1, 1, 1]);
      expect(holdsNeedle(child.pid ?? 0)).toBe(keeps);
    } finally {
      child.kill("SIGKILL");
    }
  }
});

/**
 * Time of the hook as an agent runs it: a shell and awk with payloads of 2 KB and 64 KB. Baselines,
 * alternating: `node -e 0` and `cat >/dev/null`.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { decide } from "../test/fixtures/consented.ts";
import { scaled } from "./load.ts";
import { figure, type Measurement, quantile } from "./measurement.ts";

const command = fileURLToPath(new URL("../dist/cli/nexus.cjs", import.meta.url));
const rounds = 300;

/** Returns a payload with a response of about `bytes`. */
const payloadOf = (bytes: number) =>
  JSON.stringify({
    session_id: "5a1c7c1e-0d0b-4f7e-9a53-3c1a4a6f1d11",
    permission_mode: "default",
    cwd: "/home/ada/project",
    hook_event_name: "PostToolUse",
    tool_name: "Bash",
    tool_input: { command: "npm test", description: "Run the tests" },
    tool_response: { stdout: 'a line of "output"\n'.repeat(bytes / 20), stderr: "" },
    tool_use_id: "toolu_01ABC123",
    duration_ms: 4187,
  });
const [small, large] = [payloadOf(1_700), payloadOf(64_000)];

export async function hook(): Promise<readonly Measurement[]> {
  const home = mkdtempSync(join(tmpdir(), "nexus-bench-"));
  try {
    decide(home);
    const env = { PATH: process.env["PATH"], HOME: home };
    execFileSync(process.execPath, [command, "agents", "connect", "claude_code", "--yes"], { env });
    const settings = JSON.parse(readFileSync(join(home, ".claude", "settings.json"), "utf8"));
    const line = settings.hooks.PostToolUse[0].hooks[0].command;
    const lines = {
      hook: ["sh", ["-c", line], small],
      cat: ["sh", ["-c", "cat >/dev/null"], small],
      largeHook: ["sh", ["-c", line], large],
      largeCat: ["sh", ["-c", "cat >/dev/null"], large],
      node: [process.execPath, ["-e", "0"], ""],
    } as const;
    const times: Record<keyof typeof lines, number[]> = { hook: [], cat: [], largeHook: [], largeCat: [], node: [] };
    for (let round = 0; round < scaled(rounds); round += 1) {
      for (const [name, [program, args, input]] of Object.entries(lines)) {
        if (name === "node" && round % 10 !== 0) continue;
        const startedMs = performance.now();
        spawnSync(program, args, { env, input });
        times[name as keyof typeof lines].push(performance.now() - startedMs);
      }
    }
    const median = (name: keyof typeof lines) => quantile(times[name], 0.5);
    return [
      figure({
        name: "hook-p50",
        unit: "ms",
        value: median("hook"),
        against: "node -e 0",
        baseline: median("node"),
        limit: 4,
      }),
      figure({
        name: "hook-to-cat",
        unit: "×",
        value: median("hook") / median("cat"),
        against: "cat >/dev/null",
        baseline: 1,
        limit: 2.5,
      }),
      figure({
        name: "hook-64k-to-cat",
        unit: "×",
        value: median("largeHook") / median("largeCat"),
        against: "cat >/dev/null",
        baseline: 1,
        limit: 2,
      }),
    ];
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** The door on loopback: what a posted hook adds to a call of a tool, until it is durable; and a burst, of which nothing may be lost. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Door, DoorFile, hookPath } from "../server/doors/door-file.ts";
import { pathsFrom } from "../server/paths.ts";
import { toolUses } from "../shared/numbers.ts";
import { type Figure, figure, quantile } from "./figure.ts";
import { scaled } from "./load.ts";
import { BenchWorker } from "./worker.ts";

const senders = 100;

const payload = (n: number) =>
  JSON.stringify({
    ...{ session_id: "5a1c7c1e-0d0b-4f7e-9a53-3c1a4a6f1d11", permission_mode: "default", cwd: "/home/ada/project" },
    ...{ hook_event_name: "PostToolUse", tool_name: "Bash", tool_use_id: `toolu_${n}`, duration_ms: 4187 },
    tool_input: { command: "npm test", description: "Run the tests" },
    tool_response: { stdout: "a line of output\n".repeat(40), stderr: "" },
  });

/** Resolves with the status; 0 where nobody answers. */
function post({ port, token }: Door, agent: Agent, body: string): Promise<number> {
  return new Promise((resolve) => {
    const headers = { authorization: `Bearer ${token}`, "content-length": Buffer.byteLength(body) };
    const sent = request({ host: "127.0.0.1", port, path: hookPath, method: "POST", agent, headers }, (answer) => {
      answer.resume();
      answer.once("end", () => resolve(answer.statusCode ?? 0));
    });
    sent.once("error", () => resolve(0));
    sent.end(body);
  });
}

export async function door(): Promise<readonly Figure[]> {
  const home = mkdtempSync(join(tmpdir(), "nexus-bench-"));
  const [calls, burst] = [scaled(2_000, 201), scaled(10_000, 200)];
  const file = new DoorFile(pathsFrom({}, home).doorFile);
  file.open(await file.planOpen("hooks"));
  const opened = file.read();
  if (opened === undefined) throw new Error("the door was not opened");
  const worker = await BenchWorker.start(home);
  const agent = new Agent({ keepAlive: true, maxSockets: senders });
  try {
    while ((await post(opened, agent, payload(0))) !== 202);
    const times: number[] = [];
    const starts: number[] = [];
    for (let n = 1; n < calls; n += 1) {
      const startedMs = performance.now();
      await post(opened, agent, payload(n));
      times.push(performance.now() - startedMs);
      if (n % 100 !== 0) continue;
      const spawnedMs = performance.now();
      spawnSync(process.execPath, ["-e", "0"]);
      starts.push(performance.now() - spawnedMs);
    }
    let next = calls;
    await Promise.all(
      Array.from({ length: senders }, async () => {
        while (next < calls + burst) {
          next += 1;
          await post(opened, agent, payload(next - 1));
        }
      }),
    );
    const { tools } = await worker.ask(toolUses, { period: "today" });
    const against = { against: "node -e 0", baseline: quantile(starts, 0.5) };
    return [
      figure({ name: "door-p50", unit: "ms", value: quantile(times, 0.5), limit: 1, ...against }),
      figure({ name: "door-p95", unit: "ms", value: quantile(times, 0.95), limit: 3, ...against }),
      figure({
        ...{ name: "door-burst-lost", unit: "calls", value: calls + burst - (tools[0]?.uses ?? 0), limit: 0 },
        ...{ against: "calls of the burst", baseline: burst },
      }),
    ];
  } finally {
    agent.destroy();
    await worker.end();
    rmSync(home, { recursive: true, force: true });
  }
}

/** The doors on loopback with real workers: one of them holds them, the next takes over, and what was acknowledged is there. */
import { existsSync, mkdirSync } from "node:fs";
import { connect as dial } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { Connections } from "../../server/agents/connections.ts";
import { DoorFile } from "../../server/doors/door-file.ts";
import { pathsFrom } from "../../server/paths.ts";
import { toolUses } from "../../shared/numbers.ts";
import { status } from "../../shared/protocol.ts";
import { FakeAgent } from "../fixtures/fake-agent.ts";
import { freshFolder } from "../fixtures/folder.ts";
import { canary } from "../fixtures/hook-payloads.ts";
import { endMs, otlpPayloads } from "../fixtures/otlp-payloads.ts";
import { WorkerProcess } from "./worker-process.ts";

/** A home in which Claude Code posts to a door. */
async function connected() {
  const home = freshFolder();
  mkdirSync(join(home, ".claude"));
  const paths = pathsFrom({}, home);
  const connections = new Connections(paths, home, {});
  const change = await connections.planPosting("claude_code");
  if (change === undefined) throw new Error("connected already");
  connections.connect(change);
  return { home, connections, agent: new FakeAgent(home, change.agent.file), doors: new DoorFile(paths.doorFile) };
}

const use = (n: number, failed = false) => ({
  ...{ session_id: "5a1c7c1e-0d0b-4f7e-9a53-3c1a4a6f1d11", permission_mode: "default", cwd: `/home/ada/${canary}` },
  ...{ hook_event_name: failed ? "PostToolUseFailure" : "PostToolUse", tool_name: "Bash", duration_ms: 100 + n },
  ...{ tool_use_id: `toolu_${n}`, tool_input: { command: `echo ${canary}` } },
});

/** Asks again until it is so; an agent would go on without. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await pause(20);
}

const listens = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = dial(port, "127.0.0.1");
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("close", () => socket.destroy());
  });

describe("the doors of workers", () => {
  it("are held by one, taken over when it is killed, and what was acknowledged is stored once", async () => {
    const { home, agent } = await connected();
    const first = await WorkerProcess.start({ home });
    await first.consent();
    const second = await WorkerProcess.start({ home });
    await until(() => agent.post("PostToolUse", use(0)));
    let taken = 1;
    const post = async (n: number) => {
      const failed = n % 5 === 0;
      if (await agent.post(failed ? "PostToolUseFailure" : "PostToolUse", use(n, failed))) taken += 1;
    };
    for (let n = 1; n < 100; n += 1) await post(n);
    expect(taken).toBe(100);
    await first.kill();
    // A use that was told before is told again, and counts once.
    await until(() => agent.post("PostToolUse", use(1)));
    for (let n = 100; n < 200; n += 1) await post(n);
    expect(taken).toBe(200);
    const { tools, hosts } = await second.request(toolUses, { period: "week" });
    expect(tools).toMatchObject([{ name: "run_terminal_cmd", source: "claude_code", uses: 200, failed: 39 }]);
    expect(hosts).toMatchObject([{ source: "claude_code", ended: 200, judged: 200, timed: 200 }]);
  });

  it("take a burst of uses from many at once, and lose none", async () => {
    const { home, agent } = await connected();
    const worker = await WorkerProcess.start({ home });
    await worker.consent();
    await until(() => agent.post("PostToolUse", use(0)));
    let next = 0;
    const sender = async () => {
      while (next < 10_000) {
        next += 1;
        expect(await agent.post("PostToolUse", use(next - 1))).toBe(true);
      }
    };
    await Promise.all(Array.from({ length: 300 }, sender));
    expect(await worker.request(toolUses, { period: "week" })).toMatchObject({ tools: [{ uses: 10_000 }] });
  });

  it("invariant: off-means-nothing: are shut before a yes, and at once after a no", async () => {
    const { home, agent, doors } = await connected();
    const worker = await WorkerProcess.start({ home });
    const port = doors.read()?.port ?? 0;
    await worker.request(status, {});
    expect(await listens(port)).toBe(false);
    expect(existsSync(join(home, "nexus", "state", "telemetry.db"))).toBe(false);
    await worker.consent();
    await until(() => agent.post("PostToolUse", use(1)));
    const { permission } = await worker.consent({ mode: "off", collect: [] });
    expect(permission.mode).toBe("off");
    expect(await agent.post("PostToolUse", use(2))).toBe(false);
    await until(async () => !(await listens(port)));
  });

  it("say where another program has their port, and open when it is gone", async () => {
    const { home, agent, doors } = await connected();
    const { createServer } = await import("node:net");
    const other = createServer().listen(doors.read()?.port, "127.0.0.1");
    const worker = await WorkerProcess.start({ home });
    await worker.consent();
    const remarks = async () => (await worker.request(status, {})).remarks.join(" ");
    await until(async () => (await remarks()).includes("Another program uses the port"));
    other.close();
    await until(() => agent.post("PostToolUse", use(1)));
    expect(await remarks()).not.toContain("Another program");
  });

  it("take what agents tell by OpenTelemetry, in both spellings, once; a hook's use too", async () => {
    const { home, agent, doors } = await connected();
    doors.open(await doors.planOpen("otlp"));
    const worker = await WorkerProcess.start({ home });
    await worker.consent();
    await until(() => agent.post("PostToolUse", use(1)));
    const { port = 0, token = "" } = doors.read() ?? {};
    const send = (signal: string, body: string) =>
      fetch(`http://127.0.0.1:${port}/v1/${signal}`, {
        method: "POST",
        body,
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      });
    // As of now: older ones lie before the consent.
    const now = String(BigInt(Date.now()) * 1_000_000n);
    const body = (request: object) => JSON.stringify(request).replaceAll(String(endMs * 1_000_000), now);
    for (const { signal, request } of [...otlpPayloads, ...otlpPayloads]) {
      expect((await send(signal, body(request))).status).toBe(200);
    }
    const { hosts } = await worker.request(toolUses, { period: "week" });
    expect(hosts.find(({ source }) => source === "otlp")).toMatchObject({ ended: 5, failed: 2 });
    expect(hosts.find(({ source }) => source === "claude_code")).toMatchObject({ ended: 1 });
    expect((await send("logs", "{")).status).toBe(400);
  });
});

/** AI agents with the built command: connections, hooks, receiver and statistics. */

import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { root } from "../../scripts/generate/generate.ts";
import { hasOtherLoginUsers } from "../../server/agents/login-users.ts";
import { agentNames } from "../../shared/protocol/agents.ts";
import { FakeAgent } from "../fixtures/fake-agent.ts";
import { canary, hookPayloads } from "../fixtures/hook-payloads.ts";
import { nexus } from "../fixtures/run-cli.ts";
import { tempFolder } from "../fixtures/temp-folder.ts";

const script = join(root, "dist", "cli", "nexus.cjs");
let home = "";
const ran = (...args: readonly string[]) => nexus(home, {}, ...args);
const json = async (...args: readonly string[]) => JSON.parse((await ran(...args, "--json")).out);
const log = () => readFileSync(join(home, "nexus", "state", "events", "agent-hooks.jsonl"), "utf8");

beforeEach(() => {
  home = tempFolder();
  mkdirSync(join(home, ".claude"));
});

describe("nexus agents", () => {
  it("enables the OpenTelemetry receiver and prints each agent's settings without writing them", async () => {
    expect(await ran("agents", "connect", "cursor", "--otel")).toMatchObject({
      code: 2,
      err: expect.stringMatching(/No OpenTelemetry export from this machine/),
    });
    const { out } = await ran("agents", "connect", "claude_code", "codex", "gemini_cli", "--otel");
    const folder = join(home, "nexus", "state", "agents");
    const { port, token, key } = JSON.parse(readFileSync(join(folder, "doors.json"), "utf8"));
    const certificate = join(folder, "otlp-certificate.pem");
    expect(out).toContain(`"OTEL_EXPORTER_OTLP_HEADERS": "Authorization=Bearer%20${token}"`);
    expect(out).toContain(`"NODE_EXTRA_CA_CERTS": "${certificate}"`);
    expect(out).toContain(`endpoint = "https://127.0.0.1:${port}/v1/logs"`);
    expect(out).toContain(`ca-certificate = "${certificate}"`);
    expect(out).toContain(`"otlpEndpoint": "https://127.0.0.1:${port}/${token}"`);
    expect(out).toContain(`export OTEL_EXPORTER_OTLP_CERTIFICATE=${certificate}`);
    expect(out).not.toContain(key.split("\n")[1]);
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(home, ".claude"))).toEqual([]);
    expect(await json("agents", "list")).toMatchObject({ otel: { port } });
    expect((await ran("agents", "disconnect", "--otel")).out).toContain("receiver disabled");
    expect(await json("agents", "list")).toMatchObject({ otel: null });
    expect(readdirSync(folder)).toEqual([]);
  });

  it("sets up an untested agent only if no other user can log in or the risk is accepted", async () => {
    const refused = await ran("agents", "connect", "copilot", "--otel");
    expect(refused.err).toMatch(hasOtherLoginUsers() ? /Copilot in VS Code is untested[\s\S]*--accept-risk/ : /^$/);
    const { code, out } = await ran("agents", "connect", "copilot", "--otel", "--accept-risk");
    expect([code, out]).toEqual([0, expect.stringMatching(/is untested[\s\S]*export COPILOT_OTEL_ENABLED=true/)]);
  });

  it("offers to replace an entry of an earlier version and reports that the unencrypted receiver was removed", async () => {
    const settings = join(home, ".claude", "settings.json");
    const outdatedHook = { type: "http", url: "http://127.0.0.1:21234/nexus/v1/hook", timeout: 1 };
    writeFileSync(settings, JSON.stringify({ hooks: { PostToolUse: [{ hooks: [outdatedHook] }] } }, null, 2));
    const folder = join(home, "nexus", "state", "agents");
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, "doors.json"), JSON.stringify({ port: 21_234, token: "0".repeat(64), open: ["otlp"] }));
    await ran("telemetry", "enable", "--yes");
    const { out: listed } = await ran("agents", "list");
    expect(listed).toMatch(/uses an entry of an earlier version[\s\S]*without encryption/);
    expect((await ran("agents", "test", "claude_code")).out).toContain("To replace it: nexus agents connect");
    const { out } = await ran("agents", "connect", "claude_code", "--yes");
    expect(out).toMatch(/ {2}- .*nexus\/v1\/hook[\s\S]* {2}\+ .*awk/);
    expect(readFileSync(settings, "utf8")).not.toContain("21234");
    expect((await ran("agents", "test", "claude_code")).out).toContain("works");
  });

  it("connects, records 200 tool calls with the correct failure rate, and disconnects", async () => {
    writeFileSync(join(home, ".claude", "settings.json"), '{\n  // mine\n  "model": "opus"\n}\n');
    await ran("telemetry", "enable", "--yes");
    const connected = await ran("agents", "connect", "claude_code", "--yes");
    expect(connected).toMatchObject({ code: 0, err: "" });
    expect(connected.out).toMatch(/settings\.json will be changed:\n( {2}\+ .*\n)+Claude Code is connected/);
    expect(await ran("agents", "test", "claude_code")).toMatchObject({
      code: 0,
      out: "The hook of claude_code works.\n",
    });

    const agent = new FakeAgent(home, join(home, ".claude", "settings.json"));
    const common = {
      session_id: "5a1c7c1e-0d0b-4f7e-9a53-3c1a4a6f1d11",
      permission_mode: "default",
      cwd: `/home/ada/${canary}`,
    };
    for (let n = 0; n < 200; n += 1) {
      const failed = n % 5 === 0;
      const hook_event_name = failed ? "PostToolUseFailure" : "PostToolUse";
      agent.send(hook_event_name, {
        ...common,
        hook_event_name,
        tool_name: "Bash",
        tool_input: { command: `echo ${canary}` },
        duration_ms: 100 + n,
        tool_use_id: `toolu_${String(n).padStart(8, "0")}`,
        ...(failed ? { error: canary, is_interrupt: false } : { tool_response: { stdout: canary } }),
      });
    }
    expect(log()).not.toContain(canary);
    expect(statSync(join(home, "nexus", "state", "events", "agent-hooks.jsonl")).mode & 0o777).toBe(0o600);
    const { topTools } = await json("telemetry", "stats", "--today");
    expect(topTools).toMatchObject([{ name: "run_terminal_cmd", source: "claude_code", count: 200, failed: 40 }]);
    await ran("usage", "import");
    expect(readdirSync(join(home, "nexus", "state", "events")).filter((name) => name.startsWith("agent"))).toEqual([]);

    await ran("agents", "disconnect");
    expect(readFileSync(join(home, ".claude", "settings.json"), "utf8")).toBe('{\n  // mine\n  "model": "opus"\n}\n');
    const { agents } = await json("agents", "list");
    expect(agents[0]).toMatchObject({ name: "claude_code", installed: true, connected: false });
    expect(agents.map(({ name }: { readonly name: string }) => name)).toEqual(agentNames);
  });

  it("connects the other agents if one agent's settings cannot be used, and says which", async () => {
    mkdirSync(join(home, ".gemini"));
    writeFileSync(join(home, ".gemini", "settings.json"), "{ broken");
    const { code, out, err } = await nexus(home, {}, "agents", "connect", "gemini_cli", "claude_code", "--yes");
    expect({ code, err }).toMatchObject({
      code: 2,
      err: expect.stringContaining(join(home, ".gemini", "settings.json")),
    });
    expect(out).toContain("Claude Code is connected.");
    expect(readFileSync(join(home, ".gemini", "settings.json"), "utf8")).toBe("{ broken");
  });

  it("says which folder cannot be created, not which system call failed", async () => {
    writeFileSync(join(home, "nexus"), "");
    expect(await nexus(home, {}, "agents", "connect", "claude_code", "--yes")).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^nexus: \S+ is not writable\. Check folder permissions\.\n$/),
    });
    expect(readdirSync(join(home, ".claude"))).toEqual([]);
  });

  it("never fails an agent's hook: full disk, missing folder, missing script, broken payloads", async () => {
    await ran("telemetry", "enable", "--yes");
    await ran("agents", "connect", "claude_code", "--yes");
    const agent = new FakeAgent(home, join(home, ".claude", "settings.json"));
    const events = join(home, "nexus", "state", "events");
    const payload = { hook_event_name: "PostToolUse", tool_name: "Bash", session_id: "s", tool_use_id: "t" };
    rmSync(events, { recursive: true });
    agent.send("PostToolUse", payload);
    mkdirSync(events);
    symlinkSync("/dev/full", join(events, "agent-hooks.jsonl"));
    agent.send("PostToolUse", payload);
    rmSync(join(home, "nexus", "state", "agents"), { recursive: true });
    agent.send("PostToolUse", payload);
  });

  it("invariant: off-means-nothing: records nothing from a connected agent while recording is off", async () => {
    await ran("agents", "connect", "claude_code", "--yes");
    const agent = new FakeAgent(home, join(home, ".claude", "settings.json"));
    for (const { payload } of hookPayloads) agent.send("PostToolUse", payload);
    expect(readdirSync(join(home, "nexus", "state", "events"))).toEqual([]);
    expect((await ran("agents", "test", "claude_code")).out).toContain("Recording is off");
  });

  it("appends with nexus hook the same line as with hook.awk, and prints nothing", async () => {
    await ran("telemetry", "enable", "--yes");
    await ran("agents", "connect", "claude_code", "--yes");
    const agent = new FakeAgent(home, join(home, ".claude", "settings.json"));
    const lines = () =>
      log()
        .trimEnd()
        .split("\n")
        .map((line) => {
          const { ts, n, ...stored } = JSON.parse(line);
          return stored;
        });
    for (const { payload } of hookPayloads.slice(0, 4)) {
      agent.send("PostToolUse", payload);
      const { status, stdout, stderr } = spawnSync(process.execPath, [script, "hook", "--agent", "claude_code"], {
        input: JSON.stringify(payload),
        env: { PATH: process.env["PATH"], HOME: home },
        encoding: "utf8",
      });
      expect([status, stdout, stderr]).toEqual([0, "", ""]);
      const [byScript, byCommand] = lines().slice(-2);
      expect(byCommand).toEqual(byScript);
    }
    expect(log()).not.toContain(canary);
  });

  it("requires --yes without a terminal, and names an unknown agent and a broken settings file", async () => {
    expect(await ran("agents", "connect")).toMatchObject({ code: 2, err: expect.stringContaining("--yes") });
    expect(await ran("agents", "connect", "claude_kode")).toMatchObject({
      code: 2,
      err: expect.stringContaining("Did you mean claude_code?"),
    });
    writeFileSync(join(home, ".claude", "settings.json"), "{");
    expect(await ran("agents", "connect", "--yes")).toMatchObject({
      code: 2,
      err: expect.stringContaining("settings.json, line 1"),
    });
    expect(readdirSync(join(home, ".claude"))).toEqual(["settings.json"]);
  });
});

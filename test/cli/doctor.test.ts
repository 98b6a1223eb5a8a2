/** `nexus doctor` of the built command: what it covers, and a report without anything personal. */
import { mkdirSync, writeFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { nexus } from "../fixtures/run-cli.ts";
import { shareWith } from "../fixtures/share-with.ts";
import { tempFolder } from "../fixtures/temp-folder.ts";

let home = "";
const ran = (env: Readonly<Record<string, string>>, ...args: readonly string[]) => nexus(home, env, ...args);

beforeEach(() => {
  home = join(tempFolder(), "jane.roe");
  mkdirSync(join(home, ".claude"), { recursive: true });
});

const checks = async (env: Readonly<Record<string, string>> = {}) =>
  JSON.parse((await ran(env, "doctor", "--json")).out).checks as readonly {
    name: string;
    status: string;
    message: string;
  }[];
const found = async (name: string, env: Readonly<Record<string, string>> = {}) =>
  (await checks(env)).filter((check) => check.name === name);

it("names its version, editors with another one, and a shell that VS Code does not report", async () => {
  expect((await found("runtime"))[0]?.message).toMatch(/^nexus \d+\.\d+\.\d+, Node \d+/);
  expect(await found("shell", { SHELL: "/bin/zsh" })).toMatchObject([{ status: "ok" }]);
  expect(await found("shell", { SHELL: "/usr/bin/nu" })).toMatchObject([{ status: "warning" }]);
  expect(await found("editors")).toMatchObject([{ status: "ok" }]);
  mkdirSync(join(home, ".cursor", "extensions", "nexus.nexus-telemetry-0.1.0-linux-x64"), { recursive: true });
  expect(await found("editors")).toMatchObject([
    { status: "warning", message: expect.stringContaining("version 0.1.0") },
  ]);
});

it("covers agents: installed, connected without events, and hooks that a setting disables", async () => {
  expect(await found("agents")).toMatchObject([{ message: expect.stringContaining("not connected: Claude Code") }]);
  await ran({}, "enable", "--yes");
  await ran({}, "agents", "connect", "claude_code", "--yes");
  expect(await found("agent Claude Code")).toMatchObject([
    {
      status: "warning",
      message: "connected; no events yet",
      advice: "To check its hook: nexus agents test claude_code",
    },
  ]);
  writeFileSync(join(home, ".claude", "settings.local.json"), "{}");
  const settings = join(home, ".claude", "settings.json");
  writeFileSync(settings, JSON.stringify({ disableAllHooks: true }));
  expect(await found("agents")).toMatchObject([{ status: "ok" }]);
});

it("invariant: nothing personal in the report: paths, names, host, server, configuration", async () => {
  const moved = join(tempFolder(), "payroll");
  const env = { NEXUS_HOME: moved, NEXUS_USAGE_UPLOAD_URL: "https://metrics.example.com/v1/telemetry/events" };
  mkdirSync(join(home, ".config", "nexus"), { recursive: true });
  mkdirSync(join(home, ".cursor", "extensions", "nexus.nexus-telemetry-0.1.0"), { recursive: true });
  await ran(env, ...shareWith(env.NEXUS_USAGE_UPLOAD_URL));
  writeFileSync(join(home, ".config", "nexus", "config.toml"), '[telemetry]\nplans_of_jane = "x"\n');
  const { out, code } = await ran(env, "doctor", "--report");
  // As without --report: the configuration is invalid.
  expect(code).toBe(1);
  expect(out).toContain("| Check | Status | Message |");
  expect(out).toContain("~/.cursor/extensions");
  // A folder with spaces has no end that can be seen.
  const odd = join(tempFolder(), "Acme Corp", "Merger Plan, x");
  mkdirSync(odd, { recursive: true });
  for (const more of [
    { NEXUS_TELEMETRY_PATH: join(odd, "t.db") },
    { NEXUS_HOME: `${odd}/./` },
    { NEXUS_TELEMETRY_PATH: join(home, "clients", "Acme", "t.db") },
    { SHELL: "/opt/acme/acme-shell" },
  ]) {
    const { out: report } = await ran(more, "doctor", "--report");
    for (const secret of ["Acme", "acme", "Corp", "Merger", "Plan"]) expect(report, secret).not.toContain(secret);
  }
  for (const secret of ["jane", "payroll", "plans_of", "example.com", home, moved, hostname(), "/tmp"])
    expect(out, secret).not.toContain(secret);
  if (userInfo().username !== "root") expect(out).not.toContain(userInfo().username);
});

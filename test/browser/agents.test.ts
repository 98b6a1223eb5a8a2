/** Connecting an agent on the dashboard: exact change, live tool calls, restored settings. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { FakeAgent } from "../fixtures/fake-agent.ts";
import { violations } from "./accessibility.ts";
import { createSampleHome } from "./sample-home.ts";
import { Workbench } from "./workbench.ts";

const settings = '{\n  // mine\n  "model": "opus"\n}\n';
let workbench: Workbench;

beforeAll(async () => {
  workbench = await Workbench.open({
    vsix: inject("vsix"),
    prepare: async (home) => {
      await createSampleHome(home);
      await mkdir(join(home, ".claude"));
      await writeFile(join(home, ".claude", "settings.json"), settings);
    },
  });
});
afterAll(() => workbench?.close());

const page = () => workbench.nexusPage;
const file = () => join(workbench.home, ".claude", "settings.json");

describe("agents panel in the packaged extension", () => {
  it("connects an agent after it has shown the exact change", async () => {
    await workbench.command("Nexus: Connect AI Agents");
    await page().getByRole("button", { name: "Connect Claude Code…" }).click();
    await page().getByText("These lines will be added to").waitFor();
    const lines = (await page().locator("pre.bytes").textContent()) ?? "";
    expect(lines).toContain("PostToolUseFailure");
    expect(await readFile(file(), "utf8")).toBe(settings);
    expect(await violations(workbench)).toEqual([]);
    await workbench.screenshot("agents-change-dark");
    await page().getByRole("button", { name: "Connect", exact: true }).click();
    await page().getByText("Claude Code is connected. Its next tool call will be recorded.").waitFor();
    const changed = await readFile(file(), "utf8");
    for (const line of lines.split("\n")) expect(changed).toContain(line.trim());
  });

  it("shows the tool calls of a session live, each one once", async () => {
    const agent = new FakeAgent(workbench.home, file());
    const common = {
      session_id: "5a1c7c1e-0d0b-4f7e-9a53-3c1a4a6f1d11",
      permission_mode: "default",
      tool_name: "Grep",
    };
    for (let n = 0; n < 200; n += 1) {
      const hook_event_name = n % 4 === 0 ? "PostToolUseFailure" : "PostToolUse";
      agent.send(hook_event_name, { ...common, hook_event_name, tool_use_id: `toolu_${n}`, duration_ms: 20 });
    }
    const tools = page().getByRole("table", { name: "Tools of agents" });
    const row = tools.getByRole("row").filter({ has: page().getByRole("rowheader", { name: "Search text" }) });
    await row.getByRole("cell", { name: /^25%/ }).waitFor();
    await row.getByRole("cell", { name: "200", exact: true }).waitFor();
    // The time of the last event is updated while the dashboard is open.
    const today = await page()
      .locator("body")
      .evaluate(() => new Date().toLocaleDateString());
    await page()
      .getByRole("cell", { name: `last event: ${today}` })
      .waitFor();
    await workbench.screenshot("agents-dark");
  });

  it("tests the hook", async () => {
    await page().getByRole("button", { name: "Test Claude Code" }).click();
    await page().getByText("The hook works.").waitFor();
  });

  it("disconnects the agent and restores its settings", async () => {
    await page().getByRole("button", { name: "Disconnect Claude Code" }).click();
    await page().getByText("Claude Code is no longer connected.").waitFor();
    expect(await readFile(file(), "utf8")).toBe(settings);
  });
});

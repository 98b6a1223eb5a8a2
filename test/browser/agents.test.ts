/** An agent connected from the page: the exact change first, its session live on the page, and its settings given back to the byte. */
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

describe("agents in the packaged extension", () => {
  it("are connected after the exact change was shown", async () => {
    await workbench.command("Nexus: Connect AI Agents");
    await page().getByRole("button", { name: "Connect Claude Code…" }).click();
    await page().getByText("gets these lines").waitFor();
    const shown = (await page().locator("pre.bytes").textContent()) ?? "";
    expect(shown).toContain("PostToolUseFailure");
    expect(await readFile(file(), "utf8")).toBe(settings);
    expect(await violations(workbench)).toEqual([]);
    await workbench.screenshot("agents-change-dark");
    await page().getByRole("button", { name: "Connect", exact: true }).click();
    await page().getByText("Claude Code is connected: its next use of a tool is recorded.").waitFor();
    const changed = await readFile(file(), "utf8");
    for (const line of shown.split("\n")) expect(changed).toContain(line.trim());
  });

  it("tell of their session live, each use once", async () => {
    await page().getByRole("button", { name: "Today" }).click();
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
    const row = page()
      .getByRole("row")
      .filter({ has: page().getByRole("rowheader", { name: "search_text Claude Code" }) });
    await row.getByText("25.0 %").waitFor();
    await row.getByRole("cell", { name: /^200\b/ }).waitFor();
    // When it last told of something is of now, not of when the page was opened.
    const today = await page()
      .locator("body")
      .evaluate(() => new Date().toLocaleDateString());
    await page()
      .getByRole("cell", { name: `it last told of something ${today}` })
      .waitFor();
    await workbench.screenshot("agents-dark");
  });

  it("are disconnected, and their settings are what they were", async () => {
    await page().getByRole("button", { name: "Disconnect Claude Code" }).click();
    await page().getByText("Claude Code is no longer connected.").waitFor();
    expect(await readFile(file(), "utf8")).toBe(settings);
  });
});

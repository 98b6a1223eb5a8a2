/** Every tab in each state without data: never asked, blocked, invalid configuration. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, inject, it } from "vitest";
import { type Place, sections, tabs } from "../../shared/protocol/dashboard.ts";
import { violations } from "./accessibility.ts";
import { DashboardPage } from "./dashboard-page.ts";
import { createSampleHome } from "./sample-home.ts";
import { Workbench, type WorkbenchOptions } from "./workbench.ts";

/** Tabs, and the parts of the last one. */
const places = [...tabs, ...sections];

let workbench: Workbench | undefined;
afterEach(() => workbench?.close());

/** Opens the dashboard and returns the text of each tab. */
async function textOfTabs(
  theme: string,
  options: Omit<WorkbenchOptions, "vsix">,
): Promise<Readonly<Record<Place, string>>> {
  workbench = await Workbench.open({ vsix: inject("vsix"), ...options });
  const page = workbench.nexusPage;
  await workbench.command("Nexus: Open Dashboard");
  await page.locator('#panel[aria-busy="false"]').waitFor();
  const entries: [Place, string][] = [];
  const dashboard = new DashboardPage(workbench);
  for (const tab of places) {
    await dashboard.open(tab);
    entries.push([tab, (await page.locator("main").innerText()).replaceAll(/\s+/g, " ")]);
    expect(await violations(workbench), `${tab}, ${theme}`).toEqual([]);
    await workbench.screenshot(`${tab}-${theme}`);
  }
  return Object.fromEntries(entries) as Record<Place, string>;
}

describe("dashboard without data", () => {
  it("says before the first choice on every tab that nothing is recorded, and where to choose", async () => {
    const texts = await textOfTabs("never-asked", {});
    for (const tab of tabs)
      expect(texts[tab]).toContain(tab === "data" ? "Off: you have not chosen yet." : "Sample data.");
    for (const section of sections) expect(texts[section]).toContain("Off: you have not chosen yet.");
    expect(texts).toMatchObject({
      overview: expect.stringContaining("Choose what to record"),
      insights: expect.stringContaining("Choose what to record"),
      agents: expect.stringContaining("Choose what to record"),
      commands: expect.stringContaining("Choose what to record"),
      sessions: expect.stringContaining("Choose what to record"),
      sharing: expect.stringContaining("Open Consent & data"),
      privacy: expect.stringContaining("No data is stored."),
      status: expect.stringContaining("Not running"),
    });
  });

  it("names the refusal on every tab", async () => {
    const texts = await textOfTabs("forbidden", {
      prepare: createSampleHome,
      env: { NEXUS_TELEMETRY_ENABLED: "false" },
    });
    for (const tab of places) {
      expect(texts[tab]).toContain("Off: blocked by NEXUS_TELEMETRY_ENABLED (you have consented).");
      expect(texts[tab]).toContain("Recording is blocked by NEXUS_TELEMETRY_ENABLED.");
    }
    for (const tab of ["overview", "commands", "agents", "sessions", "insights"] as const) {
      expect(texts[tab]).toContain("See the message above for the reason.");
      expect(texts[tab]).not.toContain("Choose what to record");
    }
    expect(texts.privacy).toContain("Withdraw consent");
    expect(texts.status).toContain("Mode off");
  });

  it("shows the configuration error and its fix on every tab", async () => {
    const texts = await textOfTabs("unreadable", {
      prepare: async (home) => {
        await createSampleHome(home);
        await writeFile(join(home, ".config", "nexus", "config.toml"), "[telemetry]\nretention_dayz = 30\n");
      },
    });
    for (const tab of places) expect(texts[tab]).toContain("Did you mean retention_days?");
    for (const tab of ["overview", "commands", "agents", "sessions", "insights"] as const) {
      expect(texts[tab]).toContain("Data is unavailable");
    }
    expect(texts.privacy).toContain("Stored data is unavailable.");
  });
});

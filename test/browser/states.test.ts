/** Every tab in every state in which there is nothing to show: off, forbidden by somebody, and a configuration that cannot be read. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, inject, it } from "vitest";
import { type Tab, tabs } from "../../shared/protocol/dashboard.ts";
import { violations } from "./accessibility.ts";
import { createSampleHome } from "./sample-home.ts";
import { Workbench, type WorkbenchOptions } from "./workbench.ts";

let workbench: Workbench | undefined;
afterEach(() => workbench?.close());

/** Opens the page, and says what stands on each tab. */
async function everyTab(
  theme: string,
  options: Omit<WorkbenchOptions, "vsix">,
): Promise<Readonly<Record<Tab, string>>> {
  workbench = await Workbench.open({ vsix: inject("vsix"), ...options });
  const page = workbench.nexusPage;
  await workbench.command("Nexus: Open Dashboard");
  await page.locator('#panel[aria-busy="false"]').waitFor();
  const seen: [Tab, string][] = [];
  for (const tab of tabs) {
    await page.locator(`#tab-${tab}`).click();
    seen.push([tab, (await page.locator("main").innerText()).replaceAll(/\s+/g, " ")]);
    expect(await violations(workbench), `${tab}, ${theme}`).toEqual([]);
    await workbench.screenshot(`${tab}-${theme}`);
  }
  return Object.fromEntries(seen) as Record<Tab, string>;
}

describe("the page without numbers", () => {
  it("says on every tab that nothing is recorded before anybody was asked, and where to choose", async () => {
    const seen = await everyTab("never-asked", {});
    for (const tab of tabs) expect(seen[tab]).toContain("Off: you have not been asked, and nothing is recorded.");
    expect(seen).toMatchObject({
      overview: expect.stringContaining("Choose what to record"),
      insights: expect.stringContaining("Choose what to record"),
      tools: expect.stringContaining("Choose what to record"),
      sharing: expect.stringContaining("Open Privacy"),
      privacy: expect.stringContaining("Nothing is stored."),
      status: expect.stringContaining("Nothing runs"),
    });
  });

  it("names on every tab who forbids it", async () => {
    const seen = await everyTab("forbidden", { prepare: createSampleHome, env: { NEXUS_TELEMETRY_ENABLED: "false" } });
    for (const tab of tabs) {
      expect(seen[tab]).toContain("Off: you said yes, and NEXUS_TELEMETRY_ENABLED says no.");
      expect(seen[tab]).toContain("NEXUS_TELEMETRY_ENABLED forbids recording.");
    }
    for (const tab of ["overview", "insights", "tools"] as const) {
      expect(seen[tab]).toContain("somebody else forbids it");
      expect(seen[tab]).not.toContain("Choose what to record");
    }
    expect(seen.privacy).toContain("Withdraw consent");
    expect(seen.status).toContain("Mode off");
  });

  it("says on every tab which file cannot be read, where, and what to do", async () => {
    const seen = await everyTab("unreadable", {
      prepare: async (home) => {
        await createSampleHome(home);
        await writeFile(join(home, ".config", "nexus", "config.toml"), "[telemetry]\nretention_dayz = 30\n");
      },
    });
    for (const tab of tabs) expect(seen[tab]).toContain("Did you mean retention_days?");
    for (const tab of ["overview", "insights", "tools"] as const) {
      expect(seen[tab]).toContain("The numbers cannot be read at present");
    }
    expect(seen.privacy).toContain("What is stored cannot be read at present.");
  });
});

/**
 * Consent in the packaged extension, in a window of 800 × 900: everything that the choice needs is visible without scrolling.
 * Then consent to upload schema 1, and a server that offers schema 2.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Locator } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { categoryGroups } from "../../shared/consent/category-groups.ts";
import { notice } from "../../shared/consent/notice.ts";
import { UsageServer } from "../fixtures/usage-server.ts";
import { Workbench } from "./workbench.ts";

const viewport = { width: 800, height: 900 };
let workbench: Workbench;
let server: UsageServer;

beforeAll(async () => {
  server = await UsageServer.start({ keep: true });
  server.schemas = [1];
  workbench = await Workbench.open({
    vsix: inject("vsix"),
    viewport,
    env: { NEXUS_USAGE_UPLOAD_URL: server.url },
    settings: { "workbench.sideBar.location": "left", "workbench.activityBar.location": "hidden" },
  });
});
afterAll(async () => {
  await workbench?.close();
  server?.stop();
});

const page = () => workbench.nexusPage;
const button = (name: string) => page().getByRole("button", { name, exact: true });
const checkbox = (name: string) => page().getByRole("checkbox", { name, exact: true });
const lastDecision = () =>
  JSON.parse(readFileSync(join(workbench.configFolder, "consent.jsonl"), "utf8").trimEnd().split("\n").at(-1) ?? "");

/** The box in window coordinates is inside the window and not covered. */
async function isInView(element: Locator): Promise<boolean> {
  const box = await element.boundingBox();
  if (box === null) return false;
  const { x, y, width, height } = box;
  return x >= 0 && y >= 0 && x + width <= viewport.width && y + height <= viewport.height - 22;
}

describe("consent at 800 × 900", () => {
  it("shows what is stored, three groups and the buttons without scrolling; nothing is preselected", async () => {
    await workbench.command("View: Close Primary Side Bar");
    await workbench.command("Nexus: Telemetry Enable");
    await button("Record on this machine").waitFor();
    for (const element of [
      page().getByText("git push, 1.8 s, ok"),
      page().getByText(notice.effect),
      ...categoryGroups.map(({ id }) => checkbox(notice.groups[id].title)),
      checkbox(notice.earlier.title),
      button("Record on this machine"),
      button("Do not record"),
      button("Select all"),
    ])
      expect(await isInView(element), String(element)).toBe(true);
    expect(await button("Record on this machine").isDisabled()).toBe(true);
    for (const box of await page().getByRole("checkbox").all()) expect(await box.isChecked()).toBe(false);
    await workbench.screenshot("consent-800");
  });

  it("selects the categories of a group, and single ones under Details", async () => {
    await checkbox(notice.groups.dashboard.title).check();
    await page().locator("summary", { hasText: "Details" }).first().click();
    for (const name of categoryGroups[0].categories)
      expect(await checkbox(notice.categories[name].title).isChecked()).toBe(true);
    await checkbox(notice.categories.error_types.title).uncheck();
    const isPartial = await checkbox(notice.groups.dashboard.title).evaluate((box: object) =>
      Reflect.get(box, "indeterminate"),
    );
    expect(isPartial).toBe(true);
    expect(await isInView(button("Record on this machine"))).toBe(true);
    await workbench.screenshot("consent-800-details");
    await checkbox(notice.categories.error_types.title).check();
    await button("Record on this machine").click();
    await page().getByRole("heading", { name: "Recording is on. What next?" }).waitFor();
    expect(lastDecision()).toMatchObject({
      mode: "local",
      collect: [...categoryGroups[0].categories],
      earlier_events: false,
      notice: { language: "en" },
    });
  });
});

describe("sharing at 800 × 900", () => {
  it("asks the server only when the user chooses to, and lists only categories with an effect", async () => {
    await workbench.runInTerminal("git --version");
    await workbench.command("Nexus: Sync Now");
    await button("Check what this server accepts").waitFor();
    expect(await button(`Share with ${server.host}`).count()).toBe(0);
    await workbench.screenshot("sharing-check-800");
    expect(server.arrived).toEqual([]);
    await button("Check what this server accepts").click();
    await button(`Share with ${server.host}`).waitFor();
    expect(server.arrived.map(({ path }) => path)).toEqual(["/v1/telemetry/schema"]);
    for (const box of await page().getByRole("checkbox").all()) expect(await box.isChecked()).toBe(false);
    expect(await checkbox("Performance").count()).toBe(0);
    await button("Select all").click();
    await page().getByLabel("Sample").waitFor();
    expect(await page().getByLabel("Sample").textContent()).toContain('"schema_version": 1');
    await workbench.screenshot("sharing-consent-800");
    await button(`Share with ${server.host}`).click();
    await button("Stop sharing").waitFor();
    expect(lastDecision()).toMatchObject({
      mode: "share",
      schema: 1,
      share: ["tool_usage", "command_usage", "error_types"],
    });
  });

  it("pauses when the server offers more than the user agreed to, says why, and asks again", async () => {
    server.schemas = [1, 2];
    await workbench.runInTerminal("git --version");
    await page()
      .getByText(/events? pending/)
      .waitFor();
    await button("Sync now").click();
    await page()
      .getByText(/now accepts upload schema 2, which contains more than schema 1 that you agreed to/)
      .first()
      .waitFor();
    await page().getByText("You agreed to upload schema 1.").waitFor();
    await workbench.screenshot("sharing-paused-800");
    expect(await workbench.statusTooltip()).toMatch(/upload schema 2/);
    await button("Select all").click();
    expect(await checkbox("Performance").isChecked()).toBe(true);
    await button("Save").click();
    await page().getByText("Change what is shared").waitFor();
    expect(lastDecision()).toMatchObject({ mode: "share", schema: 2 });
    await workbench.runInTerminal("git --version");
    await page()
      .getByText(/events? pending/)
      .waitFor();
    await button("Sync now").click();
    await page()
      .getByText(/^Sent \d+ events?\.$/)
      .waitFor();
    expect(JSON.parse(server.bodies.at(-1)?.toString() ?? "{}").schema_version).toBe(2);
    expect(server.faults).toEqual([]);
  });

  it("shows each request once, with its exact body and its receipt, and verifies in place", async () => {
    await button("Show requests").click();
    const batches = page().getByRole("button", { name: "Batch", exact: true });
    await batches.first().click();
    expect(
      await page()
        .getByLabel(/^Body of entry/)
        .textContent(),
    ).toContain('"schema_version": 2');
    await button("Show the exact bytes").click();
    const bytes = await page()
      .getByLabel(/^Body of entry/)
      .textContent();
    expect(bytes).toBe(server.bodies.at(-1)?.toString());
    await button("Verify ledger").click();
    await page()
      .getByText(/✓ Ledger verified: \d+ entries/)
      .waitFor();
    expect(await page().getByText("✓ verified").count()).toBe(await batches.count());
    await workbench.screenshot("sharing-requests-800");
  });
});

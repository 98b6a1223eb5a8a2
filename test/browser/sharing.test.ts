/**
 * Sharing in the packaged extension: consent that names the destination, preview of the exact
 * bytes, upload on demand, ledger verification, remote erasure, end of sharing.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { UsageServer } from "../fixtures/usage-server.ts";
import { Workbench } from "./workbench.ts";

let workbench: Workbench;
let server: UsageServer;

beforeAll(async () => {
  server = await UsageServer.start({ keep: true });
  workbench = await Workbench.open({ vsix: inject("vsix"), env: { NEXUS_USAGE_UPLOAD_URL: server.url } });
});
afterAll(async () => {
  await workbench?.close();
  server?.stop();
});

const page = () => workbench.nexusPage;
const button = (name: string) => page().getByRole("button", { name });

describe("sharing in the packaged extension", () => {
  it("opens the consent form on Sync Now without consent, with nothing preselected and nothing sent", async () => {
    await workbench.command("Nexus: Telemetry Enable");
    await button("Select all").click();
    await button("Record on this machine").click();
    await workbench.statusItem.filter({ hasText: "local" }).waitFor();
    await workbench.command("Nexus: Sync Now");
    await button("Check what this server accepts").click();
    await button(`Share with ${server.host}`).waitFor();
    for (const box of await page().getByRole("checkbox").all()) expect(await box.isChecked()).toBe(false);
    expect(await button(`Share with ${server.host}`).isDisabled()).toBe(true);
    await workbench.screenshot("sharing-consent-dark");
    expect(server.bodies).toEqual([]);
  });

  it("starts with a consent that names the server", async () => {
    await button("Select all").click();
    await button(`Share with ${server.host}`).click();
    await button("Stop sharing").waitFor();
    await workbench.statusItem.filter({ hasText: /synced|\d/ }).waitFor();
    const last = readFileSync(join(workbench.configFolder, "consent.jsonl"), "utf8").trimEnd().split("\n").at(-1);
    expect(JSON.parse(last ?? "")).toMatchObject({ mode: "share", destination: server.url, automatic: false });
    expect(server.bodies).toEqual([]);
  });

  it("shows the unreachable server, the pending events and the next attempt on the dashboard and in the status bar", async () => {
    server.behave = (_, answer) => {
      answer.destroy();
      return true;
    };
    await workbench.runInTerminal("git --version");
    await page()
      .getByText(/events? pending/)
      .waitFor();
    await button("Sync now").click();
    const sentence = new RegExp(
      `^${server.host.replaceAll(".", "\\.")} closed the connection before it answered\\. \\d+ events? (?:is|are) waiting; next attempt at \\d\\d:\\d\\d\\.$`,
    );
    await page().getByText(sentence).first().waitFor();
    await page().getByText(sentence).first().scrollIntoViewIfNeeded();
    await workbench.screenshot("sharing-unreachable-dark");
    const label = await workbench.statusItem.getAttribute("aria-label");
    expect(await workbench.statusTooltip()).toMatch(/closed the connection before it answered/);
    expect(label).toMatch(/closed the connection before it answered\. .* waiting; next attempt at/);
    expect(server.events.size).toBe(0);
    server.behave = undefined;
  });

  it("invariant: what-you-see-is-what-is-sent: sends exactly the bytes of the preview", async () => {
    const attempts = server.bodies.length;
    await button("Show next batch").click();
    const preview = await page().locator("pre.bytes").textContent();
    await workbench.screenshot("sharing-preview-dark");
    expect(server.bodies).toHaveLength(attempts);
    await button("Sync now").click();
    await page()
      .getByText(/^Sent \d+ events?\.$/)
      .waitFor();
    // The failed attempts sent the same bytes.
    expect(new Set(server.bodies.map(String))).toEqual(new Set([preview]));
    expect([...server.events.values()].map(({ command_path: path }) => path)).toContain("git");
    expect(server.faults).toEqual([]);
    await workbench.statusItem.filter({ hasText: "synced" }).waitFor();
  });

  it("verifies the ledger", async () => {
    await button("Verify ledger").click();
    await page()
      .getByText(/✓ Ledger verified: \d+ entries, 1 receipt, 0 accepted without a receipt\./)
      .waitFor();
    await workbench.screenshot("sharing-proof-dark");
  });

  it("erases shared data after a confirmation and stops sharing", async () => {
    await button("Erase shared data…").click();
    await page().getByRole("button", { name: "Erase shared data", exact: true }).click();
    await page().getByText("1 server confirmed the erasure.").waitFor();
    expect(server.events.size).toBe(0);
    await button("Stop sharing").click();
    await button(`Share with ${server.host}`).waitFor();
    await workbench.statusItem.filter({ hasText: "local" }).waitFor();
  });
});

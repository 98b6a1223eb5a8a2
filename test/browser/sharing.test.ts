/**
 * Sharing as its user meets it in the packaged extension: the destination named, each category ticked, the exact bytes seen
 * before, sent on demand, the ledger verified, everything erased on the server, and sharing stopped.
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
  it("Sync Now leads to the consent where there is none; nothing is ticked, and nothing is sent", async () => {
    await workbench.command("Nexus: Telemetry Enable");
    await button("Tick all").click();
    await button("Record this").click();
    await workbench.statusItem.filter({ hasText: "local" }).waitFor();
    await workbench.command("Nexus: Sync Now");
    await button(`Share this with ${server.host}`).waitFor();
    for (const box of await page().getByRole("checkbox").all()) expect(await box.isChecked()).toBe(false);
    expect(await button(`Share this with ${server.host}`).isDisabled()).toBe(true);
    await workbench.screenshot("sharing-consent-dark");
    expect(server.arrived).toEqual([]);
  });

  it("begins with a consent that names the server", async () => {
    await button("Tick all").click();
    await button(`Share this with ${server.host}`).click();
    await button("Stop sharing").waitFor();
    await workbench.statusItem.filter({ hasText: /synced|\d/ }).waitFor();
    const last = readFileSync(join(workbench.configFolder, "consent.jsonl"), "utf8").trimEnd().split("\n").at(-1);
    expect(JSON.parse(last ?? "")).toMatchObject({ mode: "share", destination: server.url, automatic: false });
    expect(server.arrived).toEqual([]);
  });

  it("says which server cannot be reached, what waits and until when: in the page, the status bar and its tooltip", async () => {
    server.behave = (_, answer) => {
      answer.destroy();
      return true;
    };
    await workbench.runInTerminal("git --version");
    await page()
      .getByText(/events? may be sent/)
      .waitFor();
    await button("Sync now").click();
    const sentence = new RegExp(
      `^${server.host.replaceAll(".", "\\.")} closed the connection before it answered\\. \\d+ events? (?:is|are) waiting; next try at \\d\\d:\\d\\d\\.$`,
    );
    await page().getByText(sentence).first().waitFor();
    await page().getByText(sentence).first().scrollIntoViewIfNeeded();
    await workbench.screenshot("sharing-unreachable-dark");
    const label = await workbench.statusItem.getAttribute("aria-label");
    expect(await workbench.statusTooltip()).toMatch(/closed the connection before it answered/);
    expect(label).toMatch(/closed the connection before it answered\. .* waiting; next try at/);
    expect(server.events.size).toBe(0);
    server.behave = undefined;
  });

  it("invariant: what-you-see-is-what-is-sent: the bytes on the page are those that arrive", async () => {
    const tried = server.bodies.length;
    await button("Show the next bytes").click();
    const shown = await page().locator("pre.bytes").textContent();
    await workbench.screenshot("sharing-preview-dark");
    expect(server.bodies).toHaveLength(tried);
    await button("Sync now").click();
    await page()
      .getByText(/^Sent \d+ events?\.$/)
      .waitFor();
    // The tries that failed as well: each time the same bytes.
    expect(new Set(server.bodies.map(String))).toEqual(new Set([shown]));
    expect([...server.events.values()].map(({ command_path: path }) => path)).toContain("git");
    expect(server.faults).toEqual([]);
    await workbench.statusItem.filter({ hasText: "synced" }).waitFor();
  });

  it("proves what was sent", async () => {
    await button("Verify the ledger").click();
    await page()
      .getByText(/^The ledger holds: \d+ entries, 1 receipt, 0 accepted without one\.$/)
      .waitFor();
    await workbench.screenshot("sharing-proof-dark");
  });

  it("erases what was shared after asking, and stops as easily as it began", async () => {
    await button("Erase what I shared…").click();
    await button("Erase").click();
    await page().getByText("1 server confirmed that what you shared is erased.").waitFor();
    expect(server.events.size).toBe(0);
    await button("Stop sharing").click();
    await button(`Share this with ${server.host}`).waitFor();
    await workbench.statusItem.filter({ hasText: "local" }).waitFor();
  });
});

/** The packaged extension with a real nexus-cloud: sharing, verified receipts, remote erasure. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { CloudProcess } from "../../cloud/test/cloud-process.ts";
import { Workbench } from "./workbench.ts";

const data = mkdtempSync(join(tmpdir(), "nexus-cloud-"));
let cloud: CloudProcess;
let workbench: Workbench;

beforeAll(async () => {
  cloud = await CloudProcess.start({ NEXUS_CLOUD_DATA: data });
  const env = { NEXUS_USAGE_UPLOAD_URL: `${cloud.url}/v1/telemetry/events` };
  workbench = await Workbench.open({ vsix: inject("vsix"), env });
});
afterAll(async () => {
  await workbench?.close();
  await cloud?.end("SIGTERM");
  rmSync(data, { recursive: true, force: true });
});

const page = () => workbench.nexusPage;
const button = (name: string) => page().getByRole("button", { name });

it("receives shared events and erases them at the user's request", async () => {
  const { host } = new URL(cloud.url);
  await workbench.command("Nexus: Telemetry Enable");
  await button("Select all").click();
  await button("Record on this machine").click();
  await workbench.statusItem.filter({ hasText: "local" }).waitFor();
  expect(await cloud.metric('nexus_events_total{outcome="accepted"}')).toBeNaN();
  await workbench.command("Nexus: Sync Now");
  await button("Check what this server accepts").click();
  await page().getByText("accepts upload schema 2 (checked").waitFor();
  await button("Select all").click();
  await button(`Share with ${host}`).click();
  await button("Stop sharing").waitFor();
  await workbench.runInTerminal("git --version");
  await page()
    .getByText(/events? pending/)
    .waitFor();
  await button("Sync now").click();
  const sent = page().getByText(/^Sent \d+ events?\.$/);
  await sent.waitFor();
  const events = Number(/\d+/.exec((await sent.textContent()) ?? "")?.[0]);
  expect(events).toBeGreaterThan(0);
  expect(await cloud.metric('nexus_events_total{outcome="accepted"}')).toBe(events);
  expect(await cloud.metric('nexus_events_total{outcome="refused"}')).toBeNaN();
  await button("Verify ledger").click();
  await page()
    .getByText(/✓ Ledger verified: \d+ entries, 1 receipt, 0 accepted without a receipt\./)
    .waitFor();
  await workbench.screenshot("sharing-with-nexus-cloud");
  await button("Erase shared data…").click();
  await page().getByRole("button", { name: "Erase shared data", exact: true }).click();
  await page().getByText("1 server confirmed the erasure.").waitFor();
  await workbench.screenshot("erased-by-nexus-cloud");
});

/** Terminal lines as people and tools type them, in the packaged extension, read from the dashboard. */
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { displayedNotice } from "../../server/config/consent-log.ts";
import { categories } from "../../shared/schema/categories.ts";
import { decide } from "../fixtures/consented.ts";
import { DashboardPage } from "./dashboard-page.ts";
import { Workbench } from "./workbench.ts";

let workbench: Workbench;

beforeAll(async () => {
  workbench = await Workbench.open({
    vsix: inject("vsix"),
    prepare: async (home) => {
      const ts = new Date(Date.now() - 60_000).toISOString();
      decide(home, { ts, mode: "local", collect: categories, notice: displayedNotice });
    },
  });
  await workbench.openTerminal();
  await workbench.command("Nexus: Open Dashboard");
});
afterAll(() => workbench?.close());

const dashboard = () => new DashboardPage(workbench);
const row = (name: string) => dashboard().row(name);
const waitForCommands = (count: number) => dashboard().waitForCommands(count);

describe("terminal lines in the packaged extension", () => {
  it("names a line after its last working command", async () => {
    await workbench.type("cd . && git --version");
    await workbench.type("echo start; export A=1; git --version");
    // As the debugger starts a program.
    await workbench.type("cd /tmp ; /usr/bin/env PAGER=cat /usr/bin/git --version");
    await waitForCommands(3);
    expect(await row("git").textContent()).toMatch(/3/);
    for (const name of ["cd", "echo", "export"]) expect(await row(name).count()).toBe(0);
  });

  it("counts a run whose outcome is another command's without a failure", async () => {
    await workbench.type("git --version && false");
    await waitForCommands(4);
    await workbench.type("grep -q x /dev/null");
    await waitForCommands(5);
    await dashboard().card("Failed commands").getByText("0%", { exact: true }).waitFor();
    expect(await row("grep").textContent()).toMatch(/grep\s*1/);
  });

  it("does not count what never ran: Enter without a command, and Ctrl+C at the prompt", async () => {
    await workbench.type("");
    await workbench.waitForTerminal(/\$\n\$$/);
    await workbench.page.keyboard.type("make never");
    await workbench.waitForTerminal(/\$ make never$/);
    await workbench.page.keyboard.press("Control+C");
    await workbench.waitForTerminal(/make never\^C\n\$$/);
    await workbench.type("git --version");
    await waitForCommands(6);
    expect(await row("make").count()).toBe(0);
    expect(await row("other").count()).toBe(0);
  });

  it("ends a server as cancelled when its terminal closes", async () => {
    await workbench.type("tail -f /dev/null");
    // VS Code shows the running program.
    await workbench.page.locator(".single-terminal-tab").filter({ hasText: "tail" }).waitFor();
    await workbench.command("Terminal: Kill the Active Terminal Instance");
    await waitForCommands(7);
    await row("tail").getByRole("button").click();
    await dashboard().drawer.getByText("1, 1 cancelled", { exact: true }).waitFor();
  });
});

/** `npm run screenshots`: takes the pictures of the documentation from a year of invented work in the packaged extension. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sampleLines } from "../server/sample/sample-database.ts";
import { DashboardPage } from "../test/browser/dashboard-page.ts";
import { createYearHome } from "../test/browser/sample-home.ts";
import { Workbench } from "../test/browser/workbench.ts";
import { packageVsix } from "./package.ts";

const folder = fileURLToPath(new URL("../docs/images", import.meta.url));

const workbench = await Workbench.open({
  vsix: await packageVsix(),
  viewport: { width: 1160, height: 780 },
  settings: { "workbench.activityBar.location": "hidden" },
  prepare: (home) => createYearHome(home, { nowMs: Date.now(), lines: sampleLines }),
});
try {
  const dashboard = await DashboardPage.opened(workbench);
  const take = (name: string) => workbench.page.screenshot({ path: join(folder, `${name}-dark.png`) });
  const page = workbench.nexusPage;
  // The year is imported while the page is open.
  await page.getByText("npm test became slower").first().waitFor();
  await dashboard.settled();
  await take("overview");
  await page.getByRole("button", { name: "npm test", exact: true }).first().click();
  await dashboard.drawer.getByRole("heading", { name: "npm test" }).waitFor();
  await dashboard.settled();
  await take("drawer");
  await workbench.page.keyboard.press("Escape");
  await dashboard.open("agents");
  // Below the connections, which are this machine's.
  await page.getByRole("heading", { name: "Cost", exact: true }).scrollIntoViewIfNeeded();
  await page
    .getByRole("heading", { name: "Cost", exact: true })
    .evaluate((heading: { scrollIntoView(): void }) => heading.scrollIntoView());
  await take("agents");
} finally {
  await workbench.close();
}

/** Page object for the dashboard: tabs, parts of a tab, period, figures and rows. */
import type { Locator } from "playwright-core";
import { type Place, type Section, sections } from "../../shared/protocol/dashboard.ts";
import { countText } from "../../shared/text/format.ts";
import type { Workbench } from "./workbench.ts";

export class DashboardPage {
  readonly #workbench: Workbench;

  constructor(workbench: Workbench) {
    this.#workbench = workbench;
  }

  /** Opens the dashboard with nothing beside it, and waits for its figures. */
  static async opened(workbench: Workbench): Promise<DashboardPage> {
    const dashboard = new DashboardPage(workbench);
    await workbench.command("View: Close Primary Side Bar");
    await workbench.command("Nexus: Open Dashboard");
    await workbench.nexusPage.getByRole("heading", { name: "Activity" }).waitFor();
    await dashboard.settled();
    return dashboard;
  }

  get #page() {
    return this.#workbench.nexusPage;
  }

  async open(place: Place): Promise<void> {
    const section = sections.find((one) => one === place);
    await this.#page.locator(section === undefined ? `#tab-${place}` : "#tab-data").click();
    if (section !== undefined) await this.section(section).click();
    await this.settled();
  }

  section(name: Section): Locator {
    return this.#page.locator(`#section-${name}`);
  }

  /** Waits until every answer is there. */
  async settled(): Promise<void> {
    await this.#page.locator("#page:not([data-waiting])").waitFor();
  }

  async choosePeriod(name: string): Promise<void> {
    await this.#page.getByLabel("Period", { exact: true }).selectOption(name);
    await this.settled();
  }

  /** Waits until so many commands are shown. */
  async waitForCommands(count: number): Promise<void> {
    await this.#page.getByText(`for ${countText(count, "command")}`, { exact: true }).waitFor();
  }

  /** A card of the overview. */
  card(title: string): Locator {
    return this.#page.locator("button.card", { has: this.#page.getByText(title, { exact: true }) });
  }

  /** The row with this name. */
  row(name: string): Locator {
    return this.#page.getByRole("row").filter({ has: this.#page.getByRole("rowheader", { name, exact: true }) });
  }

  get drawer(): Locator {
    return this.#page.getByRole("dialog");
  }
}

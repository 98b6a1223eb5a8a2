/**
 * Page object for VS Code: the packaged extension in the real VS Code server, displayed in
 * Chromium.
 *
 * Each workbench has one temporary folder with home, data, configuration, logs and extensions.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type FrameLocator, type Page } from "playwright-core";
import { chromiumFlags, findChromium } from "../../scripts/browser.ts";
import {
  installExtension,
  listExtensions,
  type ServerOptions,
  startServer,
  type VsCodeServer,
} from "../../scripts/vscode-server/server.ts";
import { watchNotifications } from "./notifications.ts";

/** Timeout of one step: generous, because tests wait for visible changes, never for a delay. */
export const patienceMs = 40_000;

/** Timeout for the first load. */
const firstLoadMs = 100_000;

export interface WorkbenchOptions {
  /** Path of the packaged extension, or of several. */
  readonly vsix: string | readonly string[];
  /** Creates files in the home folder before VS Code starts. */
  readonly prepare?: (home: string) => Promise<void>;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly viewport?: { readonly width: number; readonly height: number };
}

export class Workbench {
  readonly folder: string;
  readonly page: Page;
  readonly #options: ServerOptions;
  readonly #server: VsCodeServer;
  readonly #browser: Browser;

  private constructor(folder: string, options: ServerOptions, server: VsCodeServer, browser: Browser, page: Page) {
    this.folder = folder;
    this.#options = options;
    this.#server = server;
    this.#browser = browser;
    this.page = page;
  }

  static async open({
    vsix,
    prepare,
    settings = {},
    env = {},
    viewport = { width: 1280, height: 860 },
  }: WorkbenchOptions) {
    const folder = await mkdtemp(join(tmpdir(), "nexus-workbench-"));
    const home = join(folder, "home");
    const workspace = join(folder, "workspace");
    await mkdir(home);
    await mkdir(workspace);
    await writeFile(join(workspace, "hello.txt"), "hello\n");
    await prepare?.(home);
    // As on a new machine: without the caller's prompt and history.
    await writeFile(join(home, ".bashrc"), "PS1='$ '\n");
    const { PATH = "", LANG = "C.UTF-8" } = process.env;
    const options: ServerOptions = {
      dataFolder: join(folder, "vscode-data"),
      extensionsFolder: join(folder, "vscode-extensions"),
      connectionToken: null,
      testDriver: false,
      log: "trace",
      env: { PATH, LANG, HOME: home, SHELL: "/bin/bash", ...env },
      settings: {
        "workbench.startupEditor": "none",
        "workbench.secondarySideBar.defaultVisibility": "hidden",
        "chat.disableAIFeatures": true,
        "workbench.colorTheme": "Default Dark Modern",
        // So that the editor contains exactly the typed text.
        "editor.autoClosingBrackets": "never",
        "editor.autoClosingQuotes": "never",
        "terminal.integrated.defaultProfile.linux": "bash",
        // So that tests can read the terminal.
        "terminal.integrated.gpuAcceleration": "off",
        ...settings,
      },
    };
    for (const file of [vsix].flat()) installExtension(file, options);
    const server = await startServer(options);
    const executablePath = findChromium();
    if (executablePath === undefined) throw new Error("Chromium is not installed.");
    const browser = await chromium.launch({ executablePath, args: [...chromiumFlags] });
    const page = await browser.newPage({ viewport });
    page.setDefaultTimeout(patienceMs);
    await watchNotifications(page);
    const workbench = new Workbench(folder, options, server, browser, page);
    try {
      await workbench.load();
    } catch (error) {
      await workbench.close();
      throw error;
    }
    return workbench;
  }

  /** Opens another window of the same VS Code with the same folder. The first one closes it. */
  async anotherWindow(): Promise<Workbench> {
    const page = await this.#browser.newPage({ viewport: this.page.viewportSize() });
    page.setDefaultTimeout(patienceMs);
    const other = new Workbench(this.folder, this.#options, this.#server, this.#browser, page);
    await other.load();
    return other;
  }

  get home(): string {
    return join(this.folder, "home");
  }

  get nexusHome(): string {
    return join(this.home, "nexus");
  }

  get configFolder(): string {
    return join(this.home, ".config", "nexus");
  }

  get editorLogs(): string {
    return join(this.#options.dataFolder, "data", "logs");
  }

  async load(): Promise<void> {
    await this.page.goto(`${this.#server.url}?folder=${encodeURIComponent(join(this.folder, "workspace"))}`);
    // The first load is slow: the server is not in the file cache yet.
    await this.statusItem.waitFor({ timeout: firstLoadMs });
  }

  installedExtensions(): readonly string[] {
    return listExtensions(this.#options);
  }

  /** Returns the path of a file of the installed extension. */
  async installedFile(...parts: readonly string[]): Promise<string> {
    const folders = await readdir(this.#options.extensionsFolder);
    const folder = folders.find((name) => name.startsWith("nexus.nexus-telemetry-")) ?? "";
    return join(this.#options.extensionsFolder, folder, ...parts);
  }

  /** Kills the worker of this window. */
  /** The processes that run this window's worker. */
  async workerPids(): Promise<readonly number[]> {
    const bundle = await this.installedFile("dist", "worker", "worker.cjs");
    const pids: number[] = [];
    for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
      const line = await readFile(join("/proc", pid, "cmdline"), "utf8").catch(() => "");
      if (line.includes(bundle)) pids.push(Number(pid));
    }
    return pids;
  }

  async killWorker(): Promise<void> {
    for (const pid of await this.workerPids()) process.kill(pid, "SIGKILL");
  }

  get statusItem() {
    return this.page.locator("#nexus\\.nexus-telemetry\\.nexus\\.telemetry a");
  }

  /** The dashboard. A webview's document is in a nested frame. */
  get nexusPage(): FrameLocator {
    return this.page.frameLocator("iframe.webview.ready").frameLocator("#active-frame");
  }

  /** Evaluates an expression in the dashboard. @throws if it is not open. */
  async evaluate<T>(expression: string): Promise<T> {
    const panel = await this.nexusPage.locator("#panel").elementHandle();
    const frame = await panel?.ownerFrame();
    if (frame) return frame.evaluate(expression);
    throw new Error("The dashboard is not open.");
  }

  async command(title: string): Promise<void> {
    await this.chooseCommand(title);
    await this.page.keyboard.press("Enter");
    // The palette is closed, or already shows the command's first input.
    await this.page.waitForFunction(
      `(() => { const input = document.querySelector(".quick-input-widget input.input");
        return !input || !input.checkVisibility() || !input.value.startsWith(">"); })()`,
    );
  }

  /** Selects a command in the palette. Retries, because an editor that opens closes the palette. */
  async chooseCommand(title: string): Promise<void> {
    const input = this.page.locator(".quick-input-widget input.input");
    const timeout = patienceMs / 5;
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.page.keyboard.press("F1");
        await input.fill(`>${title}`, { timeout });
        const row = this.page.locator(".quick-input-list .monaco-list-row").filter({ hasText: title }).first();
        await row.waitFor({ timeout });
        return;
      } catch (error) {
        if (attempt === 5) throw error;
      }
    }
  }

  /** Opens a terminal and waits until its shell reports commands. */
  async openTerminal(): Promise<void> {
    await this.command("Terminal: Create New Terminal");
    await this.page.locator(".terminal .xterm-screen:visible").first().waitFor();
    await this.page.locator(".terminal-command-decoration").first().waitFor({ state: "attached" });
  }

  /** Focuses the terminal and types a command into it. */
  async type(line: string): Promise<void> {
    await this.command("Terminal: Focus Terminal");
    await this.page.locator(".terminal.focus").waitFor();
    await this.page.keyboard.type(line);
    await this.page.keyboard.press("Enter");
  }

  /** Waits until the last lines of the terminal are these, as a person does before typing on. */
  async waitForTerminal(end: RegExp): Promise<void> {
    await this.page.waitForFunction(
      `(() => {
        const lines = [...document.querySelectorAll(".terminal.focus .xterm-rows > div")].map((line) => line.textContent.trimEnd());
        return ${String(end)}.test(lines.join("\\n").trimEnd());
      })()`,
    );
  }

  /** Runs a command in a new terminal and hides the panel. */
  async runInTerminal(line: string): Promise<void> {
    await this.openTerminal();
    await this.type(line);
    await this.command("View: Toggle Panel Visibility");
  }

  /** Replaces the user settings in VS Code's JSON editor, as a user does. */
  async userSettings(settings: Readonly<Record<string, unknown>>): Promise<void> {
    await this.command("Preferences: Open User Settings (JSON)");
    const editor = this.page.locator(".monaco-modal-editor-block");
    await editor.locator(".monaco-editor.focused").waitFor();
    await this.page.keyboard.press("ControlOrMeta+A");
    await this.page.keyboard.insertText(JSON.stringify(settings));
    await this.page.keyboard.press("ControlOrMeta+S");
    await editor.locator(".codicon-close").last().click();
    await editor.waitFor({ state: "detached" });
  }

  /** Writes the machine settings; VS Code watches the file. */
  async machineSettings(part: Readonly<Record<string, unknown>>): Promise<void> {
    const file = join(this.#options.dataFolder, "data", "Machine", "settings.json");
    await writeFile(file, JSON.stringify({ ...this.#options.settings, ...part }, null, 2));
  }

  /** Returns the text of the status bar item's tooltip. */
  async statusTooltip(): Promise<string> {
    // Moves away first: the pointer may already be on the item.
    await this.page.mouse.move(600, 300);
    await this.statusItem.hover();
    const tooltip = this.page.locator(".monaco-hover:visible").filter({ hasText: "Nexus Telemetry" }).first();
    await tooltip.waitFor();
    const text = ((await tooltip.textContent()) ?? "").replaceAll("\u00a0", " ");
    await this.page.keyboard.press("Escape");
    return text;
  }

  async screenshot(name: string): Promise<void> {
    const folder = fileURLToPath(new URL("../../out/screenshots", import.meta.url));
    await mkdir(folder, { recursive: true });
    await this.page.screenshot({ path: join(folder, `${name}.png`) });
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await this.#server.stop();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

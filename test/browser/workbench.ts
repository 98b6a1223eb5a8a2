/**
 * VS Code as a person meets it: the packaged extension installed into the real server, seen in Chromium.
 *
 * Everything of one workbench lies in one fresh folder: home, data, configuration, editor logs, extensions.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type FrameLocator, type Page } from "playwright-core";
import { chromiumFlags, findChromium } from "../../scripts/browser.ts";
import {
  installExtension,
  type ServerOptions,
  startServer,
  type VsCodeServer,
} from "../../scripts/vscode-server/server.ts";

/** A generous bound for whatever the workbench does; nothing waits for it, everything waits for what it shows. */
export const patienceMs = 60_000;

export interface WorkbenchOptions {
  readonly vsix: string;
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

  static async open({ vsix, settings = {}, env = {}, viewport = { width: 1280, height: 860 } }: WorkbenchOptions) {
    const folder = await mkdtemp(join(tmpdir(), "nexus-workbench-"));
    const home = join(folder, "home");
    const workspace = join(folder, "workspace");
    await mkdir(home);
    await mkdir(workspace);
    await writeFile(join(workspace, "hello.txt"), "hello\n");
    // The shell starts as on a new machine: no prompt and no history of whoever runs this test.
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
        "terminal.integrated.defaultProfile.linux": "bash",
        "workbench.colorTheme": "Default Dark Modern",
        ...settings,
      },
    };
    installExtension(vsix, options);
    const server = await startServer(options);
    const executablePath = findChromium();
    if (executablePath === undefined) throw new Error("no Chromium");
    const browser = await chromium.launch({ executablePath, args: [...chromiumFlags] });
    const page = await browser.newPage({ viewport });
    page.setDefaultTimeout(patienceMs);
    const workbench = new Workbench(folder, options, server, browser, page);
    await workbench.load();
    return workbench;
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
    await this.statusItem.waitFor();
  }

  get statusItem() {
    return this.page.locator("#nexus\\.nexus-telemetry\\.nexus\\.telemetry a");
  }

  /** The page of the extension: a webview lies two frames deep. */
  get nexusPage(): FrameLocator {
    return this.page.frameLocator("iframe.webview.ready").frameLocator("#active-frame");
  }

  async command(title: string): Promise<void> {
    await this.page.keyboard.press("F1");
    const input = this.page.locator(".quick-input-widget input.input");
    await input.waitFor();
    await input.fill(`>${title}`);
    await this.page.locator(".quick-input-list .monaco-list-row").filter({ hasText: title }).first().waitFor();
    await this.page.keyboard.press("Enter");
    await input.waitFor({ state: "hidden" });
  }

  /** Opens a terminal and waits until its shell reports commands. */
  async openTerminal(): Promise<void> {
    await this.command("Terminal: Create New Terminal");
    await this.page.locator(".terminal .xterm-screen").first().waitFor();
    await this.page.locator(".terminal-command-decoration").first().waitFor({ state: "attached" });
  }

  /** Types a command into the focused terminal. */
  async type(line: string): Promise<void> {
    await this.page.locator(".terminal textarea.xterm-helper-textarea").last().focus();
    await this.page.keyboard.type(line);
    await this.page.keyboard.press("Enter");
  }

  async screenshot(file: string): Promise<void> {
    await this.page.screenshot({ path: file });
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await this.#server.stop();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

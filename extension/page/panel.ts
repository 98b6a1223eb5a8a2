/**
 * The page in its editor tab. It pushes one whole state to the page, again whenever something changed while it is
 * visible, and carries out what the page asks, after checking it.
 */
import { type Disposable, type ExtensionContext, Uri, ViewColumn, type WebviewPanel, window } from "vscode";
import { CheckError } from "../../shared/check.ts";
import { checkPageAction, type PageAction, type PageMessage, type Tab } from "../../shared/page.ts";
import { type Period, type Stats, type Status, stats, status } from "../../shared/protocol.ts";
import type { Actions } from "../actions.ts";
import type { Log } from "../log.ts";
import type { Telemetry } from "../telemetry.ts";
import type { Timers } from "../timers.ts";
import { pageHtml } from "./html.ts";
import { shownNotice } from "./notice.ts";

export const panelType = "nexus.dashboard";

/** News that come within this time are shown together. */
const gatherMs = 200;

export class PagePanel implements Disposable {
  readonly #context: ExtensionContext;
  readonly #telemetry: Telemetry;
  readonly #actions: Actions;
  readonly #timers: Timers;
  readonly #log: Log;
  #panel: WebviewPanel | undefined;
  #tab: Tab | undefined;
  /** The user asked for the status, which only a worker knows. */
  #asked = false;
  #ready = false;
  #period: Period = "today";
  #busy = false;
  #cancelRefresh: (() => void) | undefined;
  /** A newer refresh makes the answers of an older one void. */
  #refreshes = 0;

  constructor(context: ExtensionContext, telemetry: Telemetry, actions: Actions, timers: Timers, log: Log) {
    this.#context = context;
    this.#telemetry = telemetry;
    this.#actions = actions;
    this.#timers = timers;
    this.#log = log;
  }

  open(tab: Tab): void {
    this.#tab = tab;
    this.#asked ||= tab === "status";
    if (this.#panel === undefined) {
      this.adopt(window.createWebviewPanel(panelType, "Nexus Telemetry", ViewColumn.Active, {}));
    } else {
      this.#panel.reveal();
      if (this.#ready) this.#showTab();
      this.changed();
    }
  }

  /** Takes a new panel, or one that the editor kept over a reload. */
  adopt(panel: WebviewPanel): void {
    const dist = Uri.joinPath(this.#context.extensionUri, "dist");
    this.#panel = panel;
    panel.webview.options = { enableScripts: true, localResourceRoots: [dist] };
    panel.iconPath = Uri.joinPath(this.#context.extensionUri, "media", "icon.svg");
    panel.webview.onDidReceiveMessage((message: unknown) => this.#receive(message));
    panel.onDidChangeViewState(() => {
      if (panel.visible) this.changed();
    });
    panel.onDidDispose(() => {
      this.#panel = undefined;
      this.#ready = false;
      this.#asked = false;
      this.#stopWaiting();
    });
    panel.webview.html = pageHtml(panel.webview, dist);
  }

  /** Something the page shows may have changed. */
  changed(): void {
    if (this.#panel?.visible !== true || !this.#ready) return;
    this.#cancelRefresh ??= this.#timers.after(gatherMs, () => {
      this.#cancelRefresh = undefined;
      void this.#refresh(null);
    });
  }

  dispose(): void {
    this.#stopWaiting();
    this.#panel?.dispose();
  }

  #stopWaiting(): void {
    this.#cancelRefresh?.();
    this.#cancelRefresh = undefined;
  }

  #receive(message: unknown): void {
    let action: PageAction;
    try {
      action = checkPageAction(message, "page");
    } catch (error) {
      this.#log.warn(error instanceof CheckError ? error.message : "page: malformed message");
      return;
    }
    void this.#carryOut(action);
  }

  async #carryOut(action: PageAction): Promise<void> {
    switch (action.do) {
      case "ready":
        this.#ready = true;
        this.#period = action.period;
        this.#showTab();
        return this.#refresh(null);
      case "choosePeriod":
        this.#period = action.period;
        return this.#refresh(null);
      case "decide":
        return this.#working(() => this.#actions.decide({ ...action, via: "vscode_page" }));
      case "exportAll":
        return this.#working(() => this.#actions.exportAll());
      case "purge":
        return this.#working(() => this.#actions.purgeConfirmed());
      case "showLog":
        this.#log.show();
    }
  }

  /** Shows that something is going on, and then what came of it. */
  async #working(work: () => Promise<string | null>): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    await this.#refresh(null);
    let done: string | null;
    try {
      done = await work();
    } catch (error) {
      done = error instanceof Error ? error.message : "This did not work.";
    }
    this.#busy = false;
    await this.#refresh(done);
  }

  #showTab(): void {
    if (this.#tab !== undefined) this.#post({ say: "showTab", tab: this.#tab });
    this.#tab = undefined;
  }

  async #refresh(done: string | null): Promise<void> {
    this.#stopWaiting();
    this.#refreshes += 1;
    const refresh = this.#refreshes;
    let shown: { status: Status | null; stats: Stats | null } = { status: null, stats: null };
    let failure: string | null = null;
    try {
      shown = await this.#read();
    } catch {
      failure = "The recorder cannot be reached. It is started again by itself; the log says why.";
    }
    if (refresh !== this.#refreshes) return;
    const { permission } = this.#telemetry;
    this.#post({
      say: "state",
      permission,
      ...shown,
      notice: shownNotice(),
      failure,
      done,
      busy: this.#busy,
      nowMs: Date.now(),
    });
  }

  /** Before the first decision no worker is started, unless the user asked for the status. */
  async #read(): Promise<{ status: Status | null; stats: Stats | null }> {
    const { permission } = this.#telemetry;
    if (permission.consent === "never_asked" && !this.#asked) return { status: null, stats: null };
    const shown = await this.#telemetry.command(status, {});
    return { status: shown, stats: await this.#telemetry.command(stats, { period: this.#period }) };
  }

  #post(message: PageMessage): void {
    void this.#panel?.webview.postMessage(message);
  }
}

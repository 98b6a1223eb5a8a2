/**
 * The page in its editor tab. It pushes one whole state to the page, again whenever something changed while it is
 * visible, and carries out what the page asks, after checking it.
 *
 * In mode off a worker is asked only because the user did something: opened the page, gave a command, chose a period.
 */
import { type Disposable, type ExtensionContext, env, Uri, ViewColumn, type WebviewPanel, window } from "vscode";
import { type AgentStatus, AgentsRequest, PlanAgentRequest } from "../../shared/protocol/agents.ts";
import {
  type DashboardAction,
  type DashboardMessage,
  type Tab,
  validateAction,
} from "../../shared/protocol/dashboard.ts";
import {
  type Insights,
  InsightsRequest,
  type PeriodSelection,
  type Stats,
  StatsRequest,
  type ToolCalls,
  ToolCallsRequest,
  type WeeklyActivity,
  WeeklyActivityRequest,
} from "../../shared/protocol/reports.ts";
import type { Request } from "../../shared/protocol/rpc.ts";
import { isCheckError } from "../../shared/protocol/validate.ts";
import { LedgerRequest, PreviewRequest, type Status, StatusRequest } from "../../shared/protocol/worker.ts";
import { dismissedKey } from "../capture/feature-memory.ts";
import type { Feature } from "../capture/feature-usage.ts";
import type { Log } from "../log.ts";
import type { Telemetry } from "../telemetry.ts";
import type { Timers } from "../timers.ts";
import { isWorkerRefusal } from "../worker/connection.ts";
import type { Actions } from "./actions.ts";
import { displayedNotice } from "./consent-notice.ts";
import { dashboardHtml } from "./dashboard-html.ts";
import { panelType } from "./panel-type.ts";

/** News that come within this time are shown together. */
const gatherMs = 200;

/** Where the editor keeps which insights were put aside, and how many at most. */
const maxDismissed = 1_000;

const fulfilled = <T>(result: PromiseSettledResult<T>): T | null =>
  result.status === "fulfilled" ? result.value : null;

/** What is used by looking at it. */
const featureOfTab: Readonly<Partial<Record<Tab, Feature>>> = {
  overview: "stats",
  insights: "insights",
  tools: "agents",
};

const sameSelection = (a: PeriodSelection, b: PeriodSelection): boolean => JSON.stringify(a) === JSON.stringify(b);

type Ask = <P, R>(request: Request<P, R>, params: P) => Promise<R>;

export class DashboardPanel implements Disposable {
  readonly #context: ExtensionContext;
  readonly #telemetry: Telemetry;
  readonly #actions: Actions;
  readonly #timers: Timers;
  readonly #log: Log;
  #panel: WebviewPanel | undefined;
  #tab: Tab | undefined;
  #ready = false;
  #selection: PeriodSelection = { period: "today" };
  /** The last answers of a worker. */
  #status: Status | null = null;
  #stats: Stats | null = null;
  #toolUses: ToolCalls | null = null;
  #rhythm: WeeklyActivity | null = null;
  #insights: Insights | null = null;
  #agents: readonly AgentStatus[] | null = null;
  /** Insights change slowly: they are read when the user does something, not with every event. */
  #wantsInsights = false;
  #failure: string | null = null;
  #busy = false;
  /** The user asked for the status, which only a worker knows. */
  #isReady = false;
  #cancelRefresh: (() => void) | undefined;
  #reading = false;
  /** Something changed during a reading, which may have missed it. */
  #again = false;

  constructor(context: ExtensionContext, telemetry: Telemetry, actions: Actions, timers: Timers, log: Log) {
    this.#context = context;
    this.#telemetry = telemetry;
    this.#actions = actions;
    this.#timers = timers;
    this.#log = log;
  }

  open(tab: Tab): void {
    this.#tab = tab;
    this.#isReady ||= tab === "status";
    if (this.#panel === undefined) {
      this.adopt(window.createWebviewPanel(panelType, "Nexus Telemetry", ViewColumn.Active, {}));
      return;
    }
    this.#panel.reveal();
    if (!this.#ready) return;
    this.#showTab();
    void this.#readForUser();
  }

  /** Takes a new panel, or one that the editor kept over a reload; there is one page a window. */
  adopt(panel: WebviewPanel): void {
    const earlier = this.#panel;
    this.#panel = panel;
    this.#ready = false;
    earlier?.dispose();
    panel.webview.options = { enableScripts: true, localResourceRoots: [] };
    panel.iconPath = Uri.joinPath(this.#context.extensionUri, "media", "icon.svg");
    panel.webview.onDidReceiveMessage((message: unknown) => this.#receive(message));
    panel.onDidChangeViewState(() => {
      if (panel.visible) this.dataChanged();
    });
    panel.onDidDispose(() => {
      if (this.#panel !== panel) return;
      this.#panel = undefined;
      this.#ready = false;
      this.#isReady = false;
      this.#stopWaiting();
    });
    panel.webview.html = dashboardHtml();
    // While the editor makes the page, the numbers are read for it.
    void this.#readForUser();
  }

  /** The permission or a problem changed: the page says so with the data it has. */
  stateChanged(): void {
    this.#post();
    this.dataChanged();
  }

  /** There may be new data. It is read where a worker runs anyway. */
  dataChanged(): void {
    if (this.#panel?.visible !== true || !this.#ready || this.#telemetry.permission.mode === "off") return;
    this.#cancelRefresh ??= this.#timers.after(gatherMs, () => {
      this.#cancelRefresh = undefined;
      void this.#read((request, params) => this.#telemetry.ask(request, params));
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
    let action: DashboardAction;
    try {
      action = validateAction(message, "page");
    } catch (error) {
      this.#log.warn(isCheckError(error) ? error.message : "page: malformed message");
      return;
    }
    void this.#handle(action);
  }

  async #handle(action: DashboardAction): Promise<void> {
    switch (action.type) {
      case "ready":
        this.#ready = true;
        this.#showTab();
        return this.#show(action.selection);
      case "viewTab":
        return this.#use(featureOfTab[action.tab]);
      case "choosePeriod":
        this.#selection = action.selection;
        return this.#readForUser();
      case "giveConsent":
        return this.#runAction(async () => {
          const { type: _, ...decision } = action;
          await this.#actions.decide({ ...decision, via: "vscode_page" });
          return "Your decision is written down.";
        });
      case "exportAll":
        this.#use("export");
        return this.#runAction(() => this.#actions.exportAll());
      case "sync":
        this.#use("sync");
        return this.#runAction(() => this.#actions.sync());
      case "preview":
        this.#use("show");
        return this.#runAction(async () => {
          this.#send({ type: "preview", preview: await this.#telemetry.command(PreviewRequest, {}) });
          return null;
        });
      case "verifyLedger":
        this.#use("verify");
        return this.#runAction(() => this.#actions.verifyLedger());
      case "showLedger":
        this.#use("ledger");
        return this.#runAction(async () => {
          this.#send({ type: "ledger", entries: await this.#telemetry.command(LedgerRequest, {}) });
          return null;
        });
      case "resetIdentity":
        return this.#runAction(() => this.#actions.resetIdentity());
      case "eraseRemotely":
        return this.#runAction(() => this.#actions.eraseRemotely());
      case "purge":
        return this.#runAction(() => this.#actions.purgeConfirmed());
      case "dismiss":
        return this.#updateDismissed((before) =>
          [...before.filter((id) => id !== action.id), action.id].slice(-maxDismissed),
        );
      case "restoreInsights":
        return this.#updateDismissed(() => []);
      case "planAgent":
        return this.#runAction(async () => {
          const change = await this.#telemetry.command(PlanAgentRequest, { name: action.name });
          this.#send({ type: "agentChange", change });
          return null;
        });
      case "connectAgent":
        this.#use("agents");
        return this.#runAction(() => this.#actions.connectAgent(action.name));
      case "disconnectAgent":
        return this.#runAction(() => this.#actions.disconnectAgent(action.name));
      case "showLog":
        this.#log.show();
    }
  }

  #use(feature: Feature | undefined): void {
    if (feature !== undefined) this.#telemetry.features.recordUse(feature);
  }

  async #updateDismissed(change: (before: readonly string[]) => readonly string[]): Promise<void> {
    const { globalState } = this.#context;
    await globalState.update(dismissedKey, change(globalState.get<readonly string[]>(dismissedKey) ?? []));
    this.#post();
  }

  /** Does what the user asked, shows that something is going on meanwhile, and then what came of it. */
  async #runAction(work: () => Promise<string | null>): Promise<void> {
    this.#busy = true;
    this.#post();
    let done: string | null;
    try {
      done = await work();
    } catch (error) {
      done = error instanceof Error ? error.message : "This did not work.";
    }
    this.#busy = false;
    this.#post(done);
    await this.#readForUser();
  }

  /** The page is there: it shows what was read meanwhile, or what a reading that is under way brings. */
  async #show(selection: PeriodSelection): Promise<void> {
    const known = sameSelection(selection, this.#selection);
    this.#selection = selection;
    if (!known) return this.#readForUser();
    if (!this.#reading) this.#post();
  }

  #showTab(): void {
    if (this.#tab !== undefined) this.#send({ type: "showTab", tab: this.#tab });
    this.#tab = undefined;
  }

  /** Before the first decision no worker is started, unless the user asked for the status. */
  async #readForUser(): Promise<void> {
    this.#wantsInsights = true;
    if (this.#telemetry.permission.consent === "never_asked" && !this.#isReady) this.#post();
    else await this.#read((request, params) => this.#telemetry.command(request, params));
  }

  /** One reading at a time; what changes during one is read after it. */
  async #read(ask: Ask): Promise<void> {
    this.#stopWaiting();
    if (this.#reading) {
      this.#again = true;
      return;
    }
    this.#reading = true;
    do {
      this.#again = false;
      await this.#readOnce(ask);
    } while (this.#again);
    this.#reading = false;
  }

  async #readOnce(ask: Ask): Promise<void> {
    const wantsInsights = this.#wantsInsights;
    this.#wantsInsights = false;
    try {
      // Together, so that in mode off one worker answers all.
      const [shown, numbers, uses, week, standing, known] = await Promise.allSettled([
        ask(StatusRequest, {}),
        ask(StatsRequest, this.#selection),
        ask(ToolCallsRequest, this.#selection),
        ask(WeeklyActivityRequest, this.#selection),
        wantsInsights ? ask(InsightsRequest, { period: "month" }) : this.#insights,
        ask(AgentsRequest, {}),
      ]);
      if (shown.status === "rejected") throw shown.reason;
      this.#status = shown.value;
      this.#stats = fulfilled(numbers);
      this.#toolUses = fulfilled(uses);
      this.#rhythm = fulfilled(week);
      this.#insights = fulfilled(standing);
      this.#agents = fulfilled(known);
      this.#failure = null;
      if (shown.value.permission !== null) this.#telemetry.applyWorkerPermission(shown.value.permission);
    } catch (error) {
      this.#failure = isWorkerRefusal(error)
        ? error.message
        : "The recorder cannot be reached; the numbers may be old.";
    }
    this.#post();
  }

  #post(done: string | null = null): void {
    if (!this.#ready) return;
    this.#send({
      type: "state",
      permission: this.#telemetry.permission,
      status: this.#status,
      stats: this.#stats,
      toolCalls: this.#toolUses,
      weeklyActivity: this.#rhythm,
      agents: this.#agents,
      insights: this.#insights,
      dismissed: this.#context.globalState.get<readonly string[]>(dismissedKey) ?? [],
      notice: displayedNotice(),
      problems: this.#telemetry.problems,
      failure: this.#failure,
      done,
      busy: this.#busy,
      remote: env.remoteName ?? null,
      nowMs: Date.now(),
    });
  }

  #send(message: DashboardMessage): void {
    void this.#panel?.webview.postMessage(message);
  }
}

/**
 * The dashboard in its editor tab. It sends one complete state, again whenever something changed while the tab is visible, and
 * performs the dashboard's actions after validating them.
 *
 * In mode off it starts a worker only for an action of the user: opening the dashboard, a command, choosing a period.
 */

import { type Disposable, type ExtensionContext, env, Uri, ViewColumn, type WebviewPanel, window } from "vscode";
import { type AgentStatus, AgentsRequest } from "../../shared/protocol/agents.ts";
import {
  type DashboardAction,
  type DashboardMessage,
  type Tab,
  validateAction,
} from "../../shared/protocol/dashboard.ts";
import { type Message, message, verbatim } from "../../shared/protocol/message.ts";
import {
  type Insights,
  InsightsRequest,
  type Period,
  type PeriodSelection,
  type Stats,
  StatsRequest,
  type ToolCalls,
  ToolCallsRequest,
  type WeeklyActivity,
  WeeklyActivityRequest,
} from "../../shared/protocol/reports.ts";
import type { Request } from "../../shared/protocol/rpc.ts";
import { isValidationError } from "../../shared/protocol/validate.ts";
import { type Status, StatusRequest } from "../../shared/protocol/worker.ts";
import { type Dismissed, dismissedIn, dismissedKey, lastErasureKey } from "../capture/feature-memory.ts";
import type { Log } from "../log.ts";
import type { Telemetry } from "../telemetry.ts";
import type { Timers } from "../timers.ts";
import { isWorkerRequestError } from "../worker/connection.ts";
import type { Actions } from "./actions.ts";
import { displayedNotice } from "./consent-notice.ts";
import { dashboardHandlers } from "./dashboard-handlers.ts";
import { dashboardHtml } from "./dashboard-html.ts";
import { panelType } from "./panel-type.ts";
import { bundle } from "./translate.ts";

/** Changes within this time are shown together. Milliseconds. */
const gatherMs = 200;

const fulfilled = <T>(result: PromiseSettledResult<T>): T | null =>
  result.status === "fulfilled" ? result.value : null;

const sameSelection = (a: PeriodSelection, b: PeriodSelection): boolean => JSON.stringify(a) === JSON.stringify(b);

type Ask = <P, R>(request: Request<P, R>, params: P) => Promise<R>;

export class DashboardPanel implements Disposable {
  readonly #context: ExtensionContext;
  readonly #telemetry: Telemetry;
  readonly #handle: (action: DashboardAction) => Promise<void>;
  readonly #timers: Timers;
  readonly #log: Log;
  #panel: WebviewPanel | undefined;
  #tab: Tab | undefined;
  #ready = false;
  #selection: PeriodSelection = { period: "today" };
  #insightPeriod: Period = "month";
  /** The worker's latest results. */
  #status: Status | null = null;
  #stats: Stats | null = null;
  #toolCalls: ToolCalls | null = null;
  #weeklyActivity: WeeklyActivity | null = null;
  #insights: Insights | null = null;
  #agents: readonly AgentStatus[] | null = null;
  /** Insights change slowly: they are read after an action of the user, not with every event. */
  #wantsInsights = false;
  #failure: Message | null = null;
  #busy = false;
  /** The user asked for the status, which only a worker knows. */
  #statusRequested = false;
  #cancelRefresh: (() => void) | undefined;
  #reading = false;
  /** Something changed while data was read, so it is read again. */
  #again = false;

  constructor(context: ExtensionContext, telemetry: Telemetry, actions: Actions, timers: Timers, log: Log) {
    this.#context = context;
    this.#telemetry = telemetry;
    this.#timers = timers;
    this.#log = log;
    this.#handle = dashboardHandlers({
      telemetry,
      actions,
      log,
      ready: (selection) => {
        this.#ready = true;
        this.#showTab();
        return this.#show(selection);
      },
      choosePeriod: (selection) => {
        this.#selection = selection;
        return this.#readForUser();
      },
      chooseInsightPeriod: (period) => {
        this.#insightPeriod = period;
        return this.#readForUser();
      },
      send: (message) => this.#send(message),
      run: (action) => this.#runAction(action),
      updateDismissed: (change) => this.#updateDismissed(change),
    });
  }

  open(tab: Tab): void {
    this.#tab = tab;
    this.#statusRequested ||= tab === "status";
    if (this.#panel === undefined) {
      this.adopt(window.createWebviewPanel(panelType, "Nexus Telemetry", ViewColumn.Active, {}));
      return;
    }
    this.#panel.reveal();
    if (!this.#ready) return;
    this.#showTab();
    void this.#readForUser();
  }

  /** Adopts a new panel, or one restored after a reload. A window has one dashboard. */
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
      this.#statusRequested = false;
      this.#stopWaiting();
    });
    panel.webview.html = dashboardHtml();
    // Reads the data while VS Code loads the webview.
    void this.#readForUser();
  }

  /** Shows a changed permission or problem at once, with the data read so far. */
  stateChanged(): void {
    this.#post();
    this.dataChanged();
  }

  /** Reads new data; never starts a worker for it. */
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
      action = validateAction(message, "dashboard");
    } catch (error) {
      this.#log.warn(isValidationError(error) ? error.message : "dashboard: malformed message");
      return;
    }
    void this.#handle(action);
  }

  async #updateDismissed(change: (before: readonly Dismissed[]) => readonly Dismissed[]): Promise<void> {
    const { globalState } = this.#context;
    await globalState.update(dismissedKey, change(dismissedIn(globalState)));
    this.#post();
  }

  /** Runs an action with a busy state, and shows its result. */
  async #runAction(work: () => Promise<string | null>): Promise<void> {
    this.#busy = true;
    this.#post();
    let done: string | null;
    try {
      done = await work();
    } catch (error) {
      done = error instanceof Error ? error.message : "Unexpected error (see the log).";
    }
    this.#busy = false;
    this.#post(done);
    await this.#readForUser();
  }

  /** The dashboard is loaded: it shows the data read in the meantime. */
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

  /** Starts no worker before the first decision, unless the user requested the status. */
  async #readForUser(): Promise<void> {
    this.#wantsInsights = true;
    if (this.#telemetry.permission.consent === "never_asked" && !this.#statusRequested) this.#post();
    else await this.#read((request, params) => this.#telemetry.command(request, params));
  }

  /** Reads once at a time; a change during a read causes another. */
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
      // In parallel, so that in mode off one worker answers all of them.
      const [status, stats, toolCalls, weeklyActivity, insights, agents] = await Promise.allSettled([
        ask(StatusRequest, {}),
        ask(StatsRequest, this.#selection),
        ask(ToolCallsRequest, this.#selection),
        ask(WeeklyActivityRequest, this.#selection),
        wantsInsights ? ask(InsightsRequest, { period: this.#insightPeriod }) : this.#insights,
        ask(AgentsRequest, {}),
      ]);
      if (status.status === "rejected") throw status.reason;
      this.#status = status.value;
      this.#stats = fulfilled(stats);
      this.#toolCalls = fulfilled(toolCalls);
      this.#weeklyActivity = fulfilled(weeklyActivity);
      this.#insights = fulfilled(insights);
      this.#agents = fulfilled(agents);
      this.#failure = null;
      if (status.value.permission !== null) this.#telemetry.applyWorkerPermission(status.value.permission);
    } catch (error) {
      this.#failure = isWorkerRequestError(error)
        ? verbatim(error.message)
        : message("The worker is unavailable. Data may be outdated.");
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
      toolCalls: this.#toolCalls,
      weeklyActivity: this.#weeklyActivity,
      agents: this.#agents,
      insights: this.#insights,
      dismissed: dismissedIn(this.#context.globalState),
      notice: displayedNotice(),
      problems: this.#telemetry.problems,
      failure: this.#failure,
      done,
      busy: this.#busy,
      lastErasure: this.#context.globalState.get<{ tsMs: number; text: string }>(lastErasureKey) ?? null,
      remote: env.remoteName ?? null,
      bundle: bundle(),
      nowMs: Date.now(),
    });
  }

  #send(message: DashboardMessage): void {
    void this.#panel?.webview.postMessage(message);
  }
}

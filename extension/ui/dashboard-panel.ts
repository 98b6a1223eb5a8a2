/**
 * The dashboard in its editor tab. It sends one complete state, again whenever something changed while the tab is visible, passes
 * the page's questions on to the worker, and performs the page's actions after validating them.
 *
 * In mode off it starts a worker only for an action of the user: opening the dashboard, a command, choosing a period.
 */

import { type Disposable, type ExtensionContext, env, Uri, ViewColumn, type WebviewPanel, window } from "vscode";
import {
  type DashboardAction,
  type DashboardMessage,
  type DashboardState,
  type Place,
  validateAction,
} from "../../shared/protocol/dashboard.ts";
import { type Message, message, verbatim } from "../../shared/protocol/message.ts";
import { type PageAnswer, type PageQuestion, pageRequests } from "../../shared/protocol/page-question.ts";
import type { Request } from "../../shared/protocol/rpc.ts";
import { sampleWorkspaces } from "../../shared/protocol/sample.ts";
import { isValidationError } from "../../shared/protocol/validate.ts";
import { dayText } from "../../shared/text/format.ts";
import { monthlyBudget } from "../budget.ts";
import {
  aliasesIn,
  aliasesKey,
  type Dismissed,
  dismissedIn,
  dismissedKey,
  lastErasureKey,
} from "../capture/feature-memory.ts";
import type { FirstSteps } from "../first-steps.ts";
import type { Log } from "../log.ts";
import type { Telemetry } from "../telemetry.ts";
import type { Timers } from "../timers.ts";
import type { Actions } from "./actions.ts";
import { displayedNotice } from "./consent-notice.ts";
import { type Ask, DashboardData, failureOf } from "./dashboard-data.ts";
import { dashboardHandlers } from "./dashboard-handlers.ts";
import { dashboardHtml } from "./dashboard-html.ts";
import { panelType } from "./panel-type.ts";
import { Prefetch } from "./prefetch.ts";
import type { SampleData } from "./sample-data.ts";
import { SampleMode } from "./sample-mode.ts";
import { bundle } from "./translate.ts";

/** The page reads data at most this often. Milliseconds. */
const pauseMs = 200;
/** Changes within this time after a pause are shown together. Milliseconds. */
const gatherMs = 20;

export class DashboardPanel implements Disposable {
  readonly #context: ExtensionContext;
  readonly #telemetry: Telemetry;
  readonly #handle: (action: DashboardAction) => Promise<void>;
  readonly #timers: Timers;
  readonly #log: Log;
  readonly #sample: SampleMode;
  readonly #steps: FirstSteps;
  #panel: WebviewPanel | undefined;
  #place: Place | undefined;
  #ready = false;
  readonly #data: DashboardData;
  #revision = 0;
  /** Whether data changed while VS Code loaded the page. */
  #isOutdated = false;
  readonly #prefetch: Prefetch;
  #busy = false;
  /** The user asked for the status, which only a worker knows. */
  #statusRequested = false;
  #cancelRefresh: (() => void) | undefined;
  #refreshedMs = 0;

  constructor(
    context: ExtensionContext,
    telemetry: Telemetry,
    actions: Actions,
    timers: Timers,
    log: Log,
    sample: SampleData,
    steps: FirstSteps,
  ) {
    this.#context = context;
    this.#telemetry = telemetry;
    this.#timers = timers;
    this.#prefetch = new Prefetch(timers);
    this.#log = log;
    this.#sample = new SampleMode(sample, () => ({
      permission: telemetry.permission,
      stateFolder: telemetry.stateFolder,
      isUndecided: this.#isUndecided,
      status: this.#data.status,
    }));
    this.#steps = steps;
    this.#data = new DashboardData(telemetry, steps, () => this.#post());
    this.#handle = dashboardHandlers({
      telemetry,
      actions,
      log,
      ready: async () => {
        this.#ready = true;
        this.#prefetch.ready();
        this.#telemetry.alertSeen();
        this.#showPlace();
        if (this.#data.reading === undefined) this.#post();
        if (this.#isOutdated) this.dataChanged();
      },
      answer: (id, question, isRefresh) => this.#answer(id, question, isRefresh),
      nameWorkspace: (hash, name) => this.#nameWorkspace(hash, name),
      send: (message) => this.#send(message),
      run: (action) => this.#runAction(action),
      updateDismissed: (change) => this.#updateDismissed(change),
    });
  }

  open(place: Place): void {
    this.#place = place;
    this.#statusRequested ||= place === "status";
    if (this.#panel === undefined) {
      this.adopt(window.createWebviewPanel(panelType, "Nexus Telemetry", ViewColumn.Active, {}));
      return;
    }
    this.#panel.reveal();
    this.#telemetry.alertSeen();
    if (!this.#ready) return;
    this.#showPlace();
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
      this.#sample.close();
    });
    panel.webview.html = dashboardHtml();
    // Reads the data while VS Code loads the webview.
    void this.#readForUser();
    const isOff = this.#telemetry.permission.mode === "off";
    this.#prefetch.begin(isOff ? undefined : (question) => this.#ask(question, false));
  }

  /** Shows a changed permission or problem at once, with the data read so far. */
  stateChanged(): void {
    this.#post();
    this.dataChanged();
  }

  /** Reads new data; never starts a worker for it. */
  dataChanged(): void {
    if (this.#panel?.visible !== true || this.#telemetry.permission.mode === "off") return;
    this.#isOutdated = !this.#ready;
    if (this.#isOutdated) {
      // The page asks the others again as soon as it is ready.
      this.#prefetch.dropRare();
      return;
    }
    const waitMs = Math.min(pauseMs, Math.max(gatherMs, this.#refreshedMs + pauseMs - Date.now()));
    this.#cancelRefresh ??= this.#timers.after(waitMs, () => {
      this.#cancelRefresh = undefined;
      this.#refreshedMs = Date.now();
      this.#revision += 1;
      this.#prefetch.clear();
      // The page asks its questions while the rest is read.
      this.#post();
      void this.#read((request, params) => this.#telemetry.ask(request, params));
    });
  }

  dispose(): void {
    this.#stopWaiting();
    this.#sample.close();
    this.#panel?.dispose();
  }

  #stopWaiting(): void {
    this.#cancelRefresh?.();
    this.#cancelRefresh = undefined;
  }

  #receive(received: unknown): void {
    let action: DashboardAction;
    try {
      action = validateAction(received, "dashboard");
    } catch (error) {
      const text = isValidationError(error) ? error.message : "dashboard: malformed message";
      this.#log.warn(text);
      // The page waits for the answer to a question.
      const id: unknown = typeof received === "object" && received !== null ? Reflect.get(received, "id") : undefined;
      if (Number.isSafeInteger(id) && Number(id) >= 0)
        this.#send({ type: "answer", id: Number(id), answer: null, failure: verbatim(text) });
      return;
    }
    void this.#handle(action);
  }

  async #updateDismissed(change: (before: readonly Dismissed[]) => readonly Dismissed[]): Promise<void> {
    if (this.#sample.isOn) return;
    const { globalState } = this.#context;
    await globalState.update(dismissedKey, change(dismissedIn(globalState, Date.now())));
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
    this.#revision += 1;
    this.#prefetch.clear();
    this.#post(done);
    await this.#readForUser();
  }

  get #lastErasure(): DashboardState["lastErasure"] {
    return this.#context.globalState.get<{ tsMs: number; text: string }>(lastErasureKey) ?? null;
  }

  #showPlace(): void {
    if (this.#place !== undefined) this.#send({ type: "showPlace", place: this.#place });
    this.#place = undefined;
  }

  /** Before the first decision there is nothing to ask for. */
  get #isUndecided(): boolean {
    return this.#telemetry.permission.consent === "never_asked" && !this.#statusRequested;
  }

  /** `isRefresh`: not an action of the user, so it starts no worker. */
  async #ask(question: PageQuestion, isRefresh: boolean): Promise<PageAnswer> {
    const { kind, params } = question;
    const request = pageRequests[kind] as Request<unknown, unknown>;
    const result = isRefresh ? this.#telemetry.ask(request, params) : this.#telemetry.command(request, params);
    // The request of a kind returns the result of that kind.
    return { kind, result: await result } as PageAnswer;
  }

  async #answer(id: number, question: PageQuestion, isRefresh: boolean): Promise<void> {
    const known = this.#prefetch.take(question, isRefresh);
    const send = (answer: PageAnswer | null, failure: Message | null) =>
      this.#send({ type: "answer", id, answer, failure });
    const isOff = () => this.#telemetry.permission.mode === "off";
    try {
      if (isOff() && !this.#isUndecided && this.#data.status === null) await this.#data.reading;
      if (this.#sample.isOn) send(await this.#sample.answer(question, () => this.#post()), null);
      else if (this.#isUndecided) send(null, message("There is no data before the first choice."));
      else if (isOff() && this.#data.status?.database === null)
        send(null, message("Recording is off, and nothing is stored."));
      else send(await (known ?? this.#ask(question, isRefresh)), null);
    } catch (error) {
      send(null, failureOf(error));
    }
  }

  async #nameWorkspace(hash: string, name: string): Promise<void> {
    if (this.#sample.isOn) return;
    const { globalState } = this.#context;
    const { [hash]: _, ...others } = aliasesIn(globalState);
    const trimmed = name.trim();
    await globalState.update(aliasesKey, trimmed === "" ? others : { ...others, [hash]: trimmed });
    this.#post();
  }

  /** Starts no worker before the first decision, unless the user requested the status. */
  async #readForUser(): Promise<void> {
    if (this.#isUndecided) this.#post();
    else await this.#read((request, params) => this.#telemetry.command(request, params));
  }

  async #read(ask: Ask): Promise<void> {
    this.#stopWaiting();
    await this.#data.read(ask);
  }

  #post(done: string | null = null): void {
    if (!this.#ready) return;
    if ((this.#telemetry.today?.commands ?? 0) > 0) this.#steps.done("looked");
    if (this.#sample.hasChanged()) {
      this.#revision += 1;
      this.#prefetch.clear();
    }
    const isSample = this.#sample.isOn;
    this.#send({
      type: "state",
      permission: this.#telemetry.permission,
      // What a worker said before the decision was removed is over.
      status: this.#isUndecided ? null : this.#data.status,
      agents: this.#isUndecided ? null : this.#data.agents,
      revision: this.#revision,
      sample: isSample,
      workspaces: isSample
        ? { known: Object.keys(sampleWorkspaces), here: null, aliases: sampleWorkspaces }
        : { ...this.#data.workspaces, aliases: aliasesIn(this.#context.globalState) },
      budgetUsd: monthlyBudget(),
      dismissed: isSample ? [] : dismissedIn(this.#context.globalState, Date.now()),
      notice: displayedNotice(),
      problems: this.#telemetry.problems,
      failure: this.#data.failure,
      done,
      busy: this.#busy,
      lastErasure: this.#lastErasure,
      remote: env.remoteName ?? null,
      erasureMark: Math.max(this.#lastErasure?.tsMs ?? 0, this.#telemetry.today?.purgeMark ?? 0),
      bundle: bundle(),
      nowMs: Date.now(),
      today: dayText(Date.now()),
    });
  }

  #send(message: DashboardMessage): void {
    void this.#panel?.webview.postMessage(message);
  }
}

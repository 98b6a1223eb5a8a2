/** Handlers of the dashboard's actions; the type requires one for each action. */

import { commands, env, Uri, window } from "vscode";
import { PlanAgentRequest } from "../../shared/protocol/agents.ts";
import type { DashboardAction, DashboardMessage, Tab } from "../../shared/protocol/dashboard.ts";
import type { PageQuestion } from "../../shared/protocol/page-question.ts";
import {
  ErasePlanRequest,
  LedgerRequest,
  LedgerRequestDetails,
  PreviewRequest,
  StatusRequest,
  VerifyLedgerRequest,
} from "../../shared/protocol/worker.ts";
import { dayMs } from "../../shared/schema/durations.ts";
import type { Dismissed } from "../capture/feature-memory.ts";
import type { Feature } from "../capture/feature-usage.ts";
import type { Log } from "../log.ts";
import type { Telemetry } from "../telemetry.ts";
import type { Actions } from "./actions.ts";
import { schemaExplanation } from "./schema-explanation.ts";

/** Max stored dismissals; beyond it the oldest insights are shown again. */
const maxDismissed = 1_000;

/** Viewing one of these tabs counts as using the feature. */
const featureOfTab: Readonly<Partial<Record<Tab, Feature>>> = {
  overview: "stats",
  insights: "insights",
  agents: "agents",
};

/** The part of the panel that the handlers use. */
export interface PanelControl {
  readonly telemetry: Telemetry;
  readonly actions: Actions;
  readonly log: Log;
  /** The dashboard is loaded. */
  ready(): Promise<void>;
  answer(id: number, question: PageQuestion, isRefresh: boolean): Promise<void>;
  nameWorkspace(hash: string, name: string): Promise<void>;
  send(message: DashboardMessage): void;
  /** Runs an action with progress; the text it returns is shown. */
  run(action: () => Promise<string | null>): Promise<void>;
  updateDismissed(change: (before: readonly Dismissed[]) => readonly Dismissed[]): Promise<void>;
}

type Action<T extends DashboardAction["type"]> = Extract<DashboardAction, { type: T }>;
type Handlers = { readonly [T in DashboardAction["type"]]: (action: Action<T>) => Promise<void> };

export function dashboardHandlers(panel: PanelControl): (action: DashboardAction) => Promise<void> {
  const { telemetry, actions, log } = panel;
  const use = (feature: Feature | undefined): void => {
    if (feature !== undefined) telemetry.features.recordUse(feature);
  };
  /** Runs an action that counts as using a feature. */
  const runAs = (feature: Feature, action: () => Promise<string | null>): Promise<void> => {
    use(feature);
    return panel.run(action);
  };
  const handlers: Handlers = {
    ready: () => panel.ready(),
    viewTab: async ({ tab }) => use(featureOfTab[tab]),
    ask: ({ id, question, isRefresh }) => panel.answer(id, question, isRefresh),
    nameWorkspace: ({ hash, name }) => panel.nameWorkspace(hash, name),
    copy: async ({ text }) => {
      await env.clipboard.writeText(text);
      panel.send({ type: "said", text: "Copied." });
    },
    giveConsent: ({ type: _, ...decision }) =>
      panel.run(async () => {
        await actions.decide({ ...decision, via: "vscode_page" });
        return decision.mode === "off" ? "Saved. Recording is off." : "Saved. Recording is on.";
      }),
    exportAll: () => runAs("export", () => actions.exportAll()),
    sync: () => runAs("sync", () => actions.sync()),
    preview: () =>
      runAs("show", async () => {
        panel.send({
          type: "preview",
          preview: await telemetry.command(PreviewRequest, { categories: null, limit: null }),
        });
        return null;
      }),
    sample: ({ categories: shared }) =>
      panel.run(async () => {
        const preview = await telemetry.command(PreviewRequest, { categories: shared, limit: 1 });
        panel.send({ type: "sample", preview });
        return null;
      }),
    explain: async () => panel.send({ type: "explanation", explanation: schemaExplanation() }),
    checkServer: () => panel.run(() => actions.checkServer()),
    verifyLedger: () =>
      runAs("verify", async () => {
        panel.send({ type: "verification", check: await telemetry.command(VerifyLedgerRequest, {}) });
        return null;
      }),
    showLedger: () =>
      runAs("ledger", async () => {
        panel.send({ type: "ledger", requests: await telemetry.command(LedgerRequest, {}) });
        return null;
      }),
    showRequest: ({ type: _, ...request }) =>
      panel.run(async () => {
        panel.send({ type: "request", details: await telemetry.command(LedgerRequestDetails, request) });
        return null;
      }),
    resetIdentity: () => panel.run(() => actions.resetIdentity()),
    eraseRemotely: () => panel.run(() => actions.eraseRemotely()),
    purge: () => panel.run(() => actions.purgeConfirmed()),
    planErasure: ({ part }) =>
      panel.run(async () => {
        const plan = await telemetry.command(ErasePlanRequest, actions.inThisWorkspace(part));
        panel.send({ type: "erasePlan", part, plan });
        return null;
      }),
    erasePart: ({ part }) => panel.run(() => actions.erasePart(part)),
    dismiss: ({ id, reason, days }) => {
      const untilMs = days === null ? null : Date.now() + days * dayMs;
      return panel.updateDismissed((before) =>
        [...before.filter((known) => known.id !== id), { id, reason, untilMs }].slice(-maxDismissed),
      );
    },
    restoreInsights: () => panel.updateDismissed(() => []),
    planAgent: ({ name }) =>
      panel.run(async () => {
        panel.send({ type: "agentChange", change: await telemetry.command(PlanAgentRequest, { name }) });
        return null;
      }),
    connectAgent: ({ name }) => runAs("agents", () => actions.connectAgent(name)),
    testAgent: ({ name }) => panel.run(() => actions.testAgent(name)),
    disconnectAgent: ({ name }) => panel.run(() => actions.disconnectAgent(name)),
    openTerminal: () =>
      panel.run(async () => {
        await commands.executeCommand("workbench.action.terminal.new");
        return null;
      }),
    openSetting: ({ name }) =>
      panel.run(async () => {
        await commands.executeCommand("workbench.action.openSettings", `@id:${name}`);
        return null;
      }),
    openConfig: () =>
      panel.run(async () => {
        const { configPath } = await telemetry.command(StatusRequest, {});
        await window.showTextDocument(Uri.file(configPath));
        return null;
      }),
    importHistory: () => panel.run(() => actions.importHistory()),
    showLog: async () => log.show(),
  };
  // The table maps each type to the handler of that type, which the compiler cannot follow through an index.
  return (action) => (handlers[action.type] as (action: DashboardAction) => Promise<void>)(action);
}

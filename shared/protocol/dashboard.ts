/**
 * What the page (a webview) and the editor say to each other. The editor pushes one whole state; the page sends what
 * the user did. Both sides check what they receive.
 */

import { modes } from "../consent/consent.ts";
import { categories } from "../schema/categories.ts";
import { AgentsRequest, agentNames, PlanAgentRequest } from "./agents.ts";
import { validatePermission } from "./record.ts";
import { InsightsRequest, StatsRequest, selection, ToolCallsRequest, WeeklyActivityRequest } from "./reports.ts";
import {
  arrayOf,
  boolean,
  enumOf,
  integer,
  nullable,
  object,
  string,
  taggedUnion,
  type Validated,
} from "./validate.ts";
import { LedgerRequest, PreviewRequest, StatusRequest } from "./worker.ts";

export const tabs = ["overview", "insights", "tools", "sharing", "privacy", "status"] as const;
export type Tab = (typeof tabs)[number];

/** Page → editor. */
export const validateAction = taggedUnion("type", {
  /** The page is loaded and wants its first state. */
  ready: object({ type: enumOf(["ready"]), selection }),
  /** A tab is looked at. */
  viewTab: object({ type: enumOf(["viewTab"]), tab: enumOf(tabs) }),
  choosePeriod: object({ type: enumOf(["choosePeriod"]), selection }),
  giveConsent: object({
    type: enumOf(["giveConsent"]),
    mode: enumOf(modes),
    collect: arrayOf(enumOf(categories), categories.length),
    share: arrayOf(enumOf(categories), categories.length),
    destination: nullable(string(2048)),
    automatic: boolean,
    notice: object({ version: string(64), sha256: string(64) }),
  }),
  exportAll: object({ type: enumOf(["exportAll"]) }),
  /** Send now. */
  sync: object({ type: enumOf(["sync"]) }),
  /** Show the exact next bytes. */
  preview: object({ type: enumOf(["preview"]) }),
  verifyLedger: object({ type: enumOf(["verifyLedger"]) }),
  /** Show the newest entries of the ledger. */
  showLedger: object({ type: enumOf(["showLedger"]) }),
  /** Asked and answered on the page. */
  resetIdentity: object({ type: enumOf(["resetIdentity"]) }),
  /** Asked and answered on the page. */
  eraseRemotely: object({ type: enumOf(["eraseRemotely"]) }),
  /** Asked and answered on the page, with the count and size that were shown. */
  purge: object({ type: enumOf(["purge"]) }),
  /** Put an insight aside until it is asked for again. */
  dismiss: object({ type: enumOf(["dismiss"]), id: string(160) }),
  restoreInsights: object({ type: enumOf(["restoreInsights"]) }),
  /** Show exactly what connecting an agent would change. */
  planAgent: object({ type: enumOf(["planAgent"]), name: enumOf(agentNames) }),
  /** Asked and answered on the page, with the change that was shown. */
  connectAgent: object({ type: enumOf(["connectAgent"]), name: enumOf(agentNames) }),
  disconnectAgent: object({ type: enumOf(["disconnectAgent"]), name: enumOf(agentNames) }),
  showLog: object({ type: enumOf(["showLog"]) }),
});
export type DashboardAction = Validated<typeof validateAction>;

/** Editor → page. */
export const validateMessage = taggedUnion("type", {
  state: object({
    type: enumOf(["state"]),
    /** What the editor itself knows; with a worker running, `status` holds the worker's fuller answer. */
    permission: validatePermission,
    status: nullable(StatusRequest.result),
    stats: nullable(StatsRequest.result),
    toolCalls: nullable(ToolCallsRequest.result),
    weeklyActivity: nullable(WeeklyActivityRequest.result),
    agents: nullable(AgentsRequest.result),
    /** Of the last 30 days. */
    insights: nullable(InsightsRequest.result),
    /** Ids of insights that were put aside. */
    dismissed: arrayOf(string(160), 1_000),
    notice: object({ version: string(64), sha256: string(64) }),
    /** What keeps the product from working, as sentences. */
    problems: arrayOf(string(8192), 8),
    /** Why the data are missing or old, as a sentence. */
    failure: nullable(string(8192)),
    /** An answer to what the user just did, as a sentence; it stands until the next one. */
    done: nullable(string(8192)),
    busy: boolean,
    /** The kind of remote machine the window works on (such as `wsl`), where the data lie too; `null`: this one. */
    remote: nullable(string(64)),
    /** When this state was made, in milliseconds since 1970. */
    nowMs: integer(),
  }),
  preview: object({ type: enumOf(["preview"]), preview: PreviewRequest.result }),
  agentChange: object({ type: enumOf(["agentChange"]), change: PlanAgentRequest.result }),
  ledger: object({ type: enumOf(["ledger"]), entries: LedgerRequest.result }),
  showTab: object({ type: enumOf(["showTab"]), tab: enumOf(tabs) }),
});
export type DashboardMessage = Validated<typeof validateMessage>;
export type DashboardState = Extract<DashboardMessage, { type: "state" }>;

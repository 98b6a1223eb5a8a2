/**
 * Messages between the dashboard (a webview) and the editor. The editor sends the complete state; the
 * dashboard sends the user's actions. Both sides validate what they receive.
 */

import { modes } from "../consent/consent.ts";
import { categories } from "../schema/categories.ts";
import { AgentsRequest, agentNames, PlanAgentRequest } from "./agents.ts";
import { uploadSchema, validatePermission } from "./record.ts";
import {
  InsightsRequest,
  periods,
  StatsRequest,
  selection,
  ToolCallsRequest,
  WeeklyActivityRequest,
} from "./reports.ts";
import {
  arrayOf,
  boolean,
  enumOf,
  integer,
  nullable,
  object,
  recordOf,
  string,
  taggedUnion,
  type Validated,
} from "./validate.ts";
import { validateMessage } from "./validate-message.ts";
import {
  displayedNotice,
  ErasePartRequest,
  ErasePlanRequest,
  LedgerRequest,
  LedgerRequestDetails,
  PreviewRequest,
  StatusRequest,
  VerifyLedgerRequest,
} from "./worker.ts";

/** Why the user does not want to see an insight; stays in the editor. */
export const dismissReasons = ["known", "not_useful", "wrong"] as const;
export type DismissReason = (typeof dismissReasons)[number];

export const tabs = ["overview", "insights", "tools", "sharing", "privacy", "status"] as const;
export type Tab = (typeof tabs)[number];

/** Dashboard → editor. */
export const validateAction = taggedUnion("type", {
  /** The dashboard has loaded and needs its first state. */
  ready: object({ type: enumOf(["ready"]), selection }),
  /** Recorded as a use of the tab's feature. */
  viewTab: object({ type: enumOf(["viewTab"]), tab: enumOf(tabs) }),
  choosePeriod: object({ type: enumOf(["choosePeriod"]), selection }),
  chooseInsightPeriod: object({ type: enumOf(["chooseInsightPeriod"]), period: enumOf(periods) }),
  giveConsent: object({
    type: enumOf(["giveConsent"]),
    mode: enumOf(modes),
    collect: arrayOf(enumOf(categories), categories.length),
    share: arrayOf(enumOf(categories), categories.length),
    destination: nullable(string(2048)),
    automatic: boolean,
    schema: uploadSchema,
    earlierEvents: boolean,
    notice: displayedNotice,
  }),
  exportAll: object({ type: enumOf(["exportAll"]) }),
  sync: object({ type: enumOf(["sync"]) }),
  /** Shows the exact bytes of the next batch. */
  preview: object({ type: enumOf(["preview"]) }),
  /** Shows one event as it would be sent if the user shared these categories. */
  sample: object({ type: enumOf(["sample"]), categories: arrayOf(enumOf(categories), categories.length) }),
  /** Asks the server which upload schemas it accepts. */
  checkServer: object({ type: enumOf(["checkServer"]) }),
  verifyLedger: object({ type: enumOf(["verifyLedger"]) }),
  showLedger: object({ type: enumOf(["showLedger"]) }),
  showRequest: object({ type: enumOf(["showRequest"]), seq: integer(1), answerSeq: nullable(integer(1)) }),
  /** Confirmed in the dashboard. */
  resetIdentity: object({ type: enumOf(["resetIdentity"]) }),
  /** Confirmed in the dashboard. */
  eraseRemotely: object({ type: enumOf(["eraseRemotely"]) }),
  /** Confirmed in the dashboard, which showed the number of events and the size. */
  purge: object({ type: enumOf(["purge"]) }),
  /** Counts what deleting a part would delete. The workspace is empty for the one that is open. */
  planErasure: object({ type: enumOf(["planErasure"]), part: ErasePlanRequest.params }),
  /** Confirmed in the dashboard, which showed the amount. */
  erasePart: object({ type: enumOf(["erasePart"]), part: ErasePartRequest.params }),
  /** Hides an insight until the user restores it. */
  dismiss: object({ type: enumOf(["dismiss"]), id: string(160), reason: enumOf(dismissReasons) }),
  restoreInsights: object({ type: enumOf(["restoreInsights"]) }),
  /** Shows the exact change that connecting makes. */
  planAgent: object({ type: enumOf(["planAgent"]), name: enumOf(agentNames) }),
  /** Confirmed in the dashboard, which showed the change. */
  connectAgent: object({ type: enumOf(["connectAgent"]), name: enumOf(agentNames) }),
  disconnectAgent: object({ type: enumOf(["disconnectAgent"]), name: enumOf(agentNames) }),
  showLog: object({ type: enumOf(["showLog"]) }),
});
export type DashboardAction = Validated<typeof validateAction>;

/** Editor → dashboard. */
export const validateDashboardMessage = taggedUnion("type", {
  state: object({
    type: enumOf(["state"]),
    /** The editor's own view; `status` has the worker's complete one, if a worker is running. */
    permission: validatePermission,
    status: nullable(StatusRequest.result),
    stats: nullable(StatsRequest.result),
    toolCalls: nullable(ToolCallsRequest.result),
    weeklyActivity: nullable(WeeklyActivityRequest.result),
    agents: nullable(AgentsRequest.result),
    /** For the last 30 days. */
    insights: nullable(InsightsRequest.result),
    /** Dismissed insights. */
    dismissed: arrayOf(object({ id: string(160), reason: enumOf(dismissReasons) }), 1_000),
    notice: displayedNotice,
    /** What prevents recording; one sentence each. */
    problems: arrayOf(validateMessage, 8),
    /** Why data is missing or outdated; one sentence. */
    failure: nullable(validateMessage),
    /** Result of the user's last action; one sentence, shown until the next action. */
    done: nullable(string(8192)),
    busy: boolean,
    /** The last deletion in this editor: its result, with the proof. */
    lastErasure: nullable(object({ tsMs: integer(), text: string(8192) })),
    /** Type of the remote machine that runs the window and stores the data (`wsl`); `null`: local. */
    remote: nullable(string(64)),
    /** Translations by English text; empty in English. */
    bundle: recordOf(string(8192), 4_096),
    /** Time of this state, in milliseconds since 1970. */
    nowMs: integer(),
  }),
  preview: object({ type: enumOf(["preview"]), preview: PreviewRequest.result }),
  agentChange: object({ type: enumOf(["agentChange"]), change: PlanAgentRequest.result }),
  erasePlan: object({
    type: enumOf(["erasePlan"]),
    part: ErasePlanRequest.params,
    plan: ErasePlanRequest.result,
  }),
  sample: object({ type: enumOf(["sample"]), preview: PreviewRequest.result }),
  ledger: object({ type: enumOf(["ledger"]), requests: LedgerRequest.result }),
  request: object({ type: enumOf(["request"]), details: LedgerRequestDetails.result }),
  verification: object({ type: enumOf(["verification"]), check: VerifyLedgerRequest.result }),
  showTab: object({ type: enumOf(["showTab"]), tab: enumOf(tabs) }),
});
export type DashboardMessage = Validated<typeof validateDashboardMessage>;
export type DashboardState = Extract<DashboardMessage, { type: "state" }>;

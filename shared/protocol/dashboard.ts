/**
 * Messages between the dashboard (a webview) and the editor. The editor sends the complete state; the
 * dashboard sends the user's actions. Both sides validate what they receive.
 */

import { modes } from "../consent/consent.ts";
import { categories } from "../schema/categories.ts";
import { AgentsRequest, agentNames, PlanAgentRequest } from "./agents.ts";
import { validatePageAnswer, validatePageQuestion } from "./page-question.ts";
import { uploadSchema, validatePermission } from "./record.ts";
import {
  arrayOf,
  boolean,
  enumOf,
  integer,
  nonNegative,
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

export const tabs = ["overview", "commands", "agents", "sessions", "insights", "data"] as const;
export type Tab = (typeof tabs)[number];

/** The parts of the tab `data`. */
export const sections = ["privacy", "sharing", "status"] as const;
export type Section = (typeof sections)[number];

/** A tab, or a part of the tab `data`. */
export const places = [...tabs, ...sections] as const;
export type Place = (typeof places)[number];

/** The longest name that a user gives to a workspace. */
export const maxAlias = 60;

/** Dashboard → editor. */
export const validateAction = taggedUnion("type", {
  /** The dashboard has loaded and needs its first state. */
  ready: object({ type: enumOf(["ready"]) }),
  /** Recorded as a use of the tab's feature. */
  viewTab: object({ type: enumOf(["viewTab"]), tab: enumOf(tabs) }),
  /** The answer has the same number. `isRefresh`: the answer is known, but the data has changed since. */
  ask: object({ type: enumOf(["ask"]), id: integer(), question: validatePageQuestion, isRefresh: boolean }),
  /** Gives a workspace a name in this editor; an empty one removes it. */
  nameWorkspace: object({ type: enumOf(["nameWorkspace"]), hash: string(64), name: string(maxAlias) }),
  /** Copies a text to the clipboard. */
  copy: object({ type: enumOf(["copy"]), text: string(1_000_000) }),
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
  /** Needs the explanation of the schema: what is recorded, and what each category shares. */
  explain: object({ type: enumOf(["explain"]) }),
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
  /** Hides an insight for some days, or until the user restores it. */
  dismiss: object({
    type: enumOf(["dismiss"]),
    id: string(160),
    reason: enumOf(dismissReasons),
    days: nullable(integer(1, 366)),
  }),
  restoreInsights: object({ type: enumOf(["restoreInsights"]) }),
  /** Shows the exact change that connecting makes. */
  planAgent: object({ type: enumOf(["planAgent"]), name: enumOf(agentNames) }),
  /** Confirmed in the dashboard, which showed the change. */
  connectAgent: object({ type: enumOf(["connectAgent"]), name: enumOf(agentNames) }),
  testAgent: object({ type: enumOf(["testAgent"]), name: enumOf(agentNames) }),
  disconnectAgent: object({ type: enumOf(["disconnectAgent"]), name: enumOf(agentNames) }),
  /** Shows which histories of agents and shells there are, and asks what to import. */
  importHistory: object({ type: enumOf(["importHistory"]) }),
  openTerminal: object({ type: enumOf(["openTerminal"]) }),
  /** Shows a setting that blocks recording or sharing. */
  openSetting: object({
    type: enumOf(["openSetting"]),
    name: enumOf(["nexus.telemetry.enabled", "telemetry.telemetryLevel"]),
  }),
  /** Opens the configuration file, which cannot be used. */
  openConfig: object({ type: enumOf(["openConfig"]) }),
  showLog: object({ type: enumOf(["showLog"]) }),
});
export type DashboardAction = Validated<typeof validateAction>;

const text = string(2_000);
const names = arrayOf(string(64), 256);

/** The schema in words; sent once, because its texts are long. */
const explanation = object({
  dictionary: arrayOf(
    object({
      category: enumOf(categories),
      title: text,
      text,
      events: arrayOf(object({ type: text, description: text }), 256),
      fields: arrayOf(object({ name: text, description: text, purpose: text, holds: text, shared: text }), 256),
    }),
    categories.length,
  ),
  /** What each category adds to an upload, for each upload schema. */
  shared: arrayOf(
    object({
      schema: uploadSchema,
      parts: arrayOf(object({ category: enumOf(categories), events: names, fields: names }), categories.length),
    }),
    8,
  ),
});
export type SchemaExplanation = Validated<typeof explanation>;

/** Editor → dashboard. */
export const validateDashboardMessage = taggedUnion("type", {
  state: object({
    type: enumOf(["state"]),
    /** The editor's own view; `status` has the worker's complete one, if a worker is running. */
    permission: validatePermission,
    status: nullable(StatusRequest.result),
    agents: nullable(AgentsRequest.result),
    /** Changes with the data: answers to earlier questions are outdated. */
    revision: integer(),
    workspaces: object({
      /** Hashes in the order of their first event. */
      known: arrayOf(string(64), 10_000),
      /** The one that is open, and the name that only this editor knows. */
      here: nullable(object({ hash: string(64), name: string(256) })),
      /** Names that the user gave in this editor, by hash. */
      aliases: recordOf(string(maxAlias), 10_000),
    }),
    /** Whether answers are about invented work, because there is no data of the user. */
    sample: boolean,
    /** US dollars in a calendar month; `null`: none is set. */
    budgetUsd: nullable(nonNegative),
    /** Dismissed insights; `untilMs`: when they return, in milliseconds since 1970. */
    dismissed: arrayOf(
      object({ id: string(160), reason: enumOf(dismissReasons), untilMs: nullable(integer()) }),
      1_000,
    ),
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
    /** Changes with each erasure, also by another window or the CLI. */
    erasureMark: integer(),
    /** Translations by English text; empty in English. */
    bundle: recordOf(string(8192), 4_096),
    /** Time of this state, in milliseconds since 1970. */
    nowMs: integer(),
    /** The local day of the machine that stores the data, as 2026-11-26. */
    today: string(10),
  }),
  /** A sentence for the user, without another state. */
  said: object({ type: enumOf(["said"]), text: string(8192) }),
  explanation: object({ type: enumOf(["explanation"]), explanation }),
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
  showPlace: object({ type: enumOf(["showPlace"]), place: enumOf(places) }),
  /** `answer`: `null` if it failed. */
  answer: object({
    type: enumOf(["answer"]),
    id: integer(),
    answer: nullable(validatePageAnswer),
    failure: nullable(validateMessage),
  }),
});
export type DashboardMessage = Validated<typeof validateDashboardMessage>;
export type DashboardState = Extract<DashboardMessage, { type: "state" }>;

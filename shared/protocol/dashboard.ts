/**
 * What the page (a webview) and the editor say to each other. The editor pushes one whole state; the page sends what
 * the user did. Both sides check what they receive.
 */

import { modes } from "../consent/consent.ts";
import { categories } from "../schema/categories.ts";
import { agentNames, agents, planAgent } from "./agents.ts";
import { validatePermission } from "./record.ts";
import { insights, rhythm, selection, stats, toolUses } from "./reports.ts";
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
import { ledger, preview, status } from "./worker.ts";

export const tabs = ["overview", "insights", "tools", "sharing", "privacy", "status"] as const;
export type Tab = (typeof tabs)[number];

/** Page → editor. */
export const validateAction = taggedUnion("do", {
  /** The page is loaded and wants its first state. */
  ready: object({ do: enumOf(["ready"]), selection }),
  /** A tab is looked at. */
  see: object({ do: enumOf(["see"]), tab: enumOf(tabs) }),
  choosePeriod: object({ do: enumOf(["choosePeriod"]), selection }),
  decide: object({
    do: enumOf(["decide"]),
    mode: enumOf(modes),
    collect: arrayOf(enumOf(categories), categories.length),
    share: arrayOf(enumOf(categories), categories.length),
    destination: nullable(string(2048)),
    automatic: boolean,
    notice: object({ version: string(64), sha256: string(64) }),
  }),
  exportAll: object({ do: enumOf(["exportAll"]) }),
  /** Send now. */
  sync: object({ do: enumOf(["sync"]) }),
  /** Show the exact next bytes. */
  preview: object({ do: enumOf(["preview"]) }),
  verifyLedger: object({ do: enumOf(["verifyLedger"]) }),
  /** Show the newest entries of the ledger. */
  showLedger: object({ do: enumOf(["showLedger"]) }),
  /** Asked and answered on the page. */
  resetIdentity: object({ do: enumOf(["resetIdentity"]) }),
  /** Asked and answered on the page. */
  eraseRemotely: object({ do: enumOf(["eraseRemotely"]) }),
  /** Asked and answered on the page, with the count and size that were shown. */
  purge: object({ do: enumOf(["purge"]) }),
  /** Put an insight aside until it is asked for again. */
  dismiss: object({ do: enumOf(["dismiss"]), id: string(160) }),
  restoreInsights: object({ do: enumOf(["restoreInsights"]) }),
  /** Show exactly what connecting an agent would change. */
  planAgent: object({ do: enumOf(["planAgent"]), name: enumOf(agentNames) }),
  /** Asked and answered on the page, with the change that was shown. */
  connectAgent: object({ do: enumOf(["connectAgent"]), name: enumOf(agentNames) }),
  disconnectAgent: object({ do: enumOf(["disconnectAgent"]), name: enumOf(agentNames) }),
  showLog: object({ do: enumOf(["showLog"]) }),
});
export type DashboardAction = Validated<typeof validateAction>;

/** Editor → page. */
export const validateMessage = taggedUnion("say", {
  state: object({
    say: enumOf(["state"]),
    /** What the editor itself knows; with a worker running, `status` holds the worker's fuller answer. */
    permission: validatePermission,
    status: nullable(status.result),
    stats: nullable(stats.result),
    toolUses: nullable(toolUses.result),
    rhythm: nullable(rhythm.result),
    agents: nullable(agents.result),
    /** Of the last 30 days. */
    insights: nullable(insights.result),
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
  preview: object({ say: enumOf(["preview"]), preview: preview.result }),
  agentChange: object({ say: enumOf(["agentChange"]), change: planAgent.result }),
  ledger: object({ say: enumOf(["ledger"]), entries: ledger.result }),
  showTab: object({ say: enumOf(["showTab"]), tab: enumOf(tabs) }),
});
export type DashboardMessage = Validated<typeof validateMessage>;
export type DashboardState = Extract<DashboardMessage, { say: "state" }>;

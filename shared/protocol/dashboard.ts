/**
 * What the page (a webview) and the editor say to each other. The editor pushes one whole state; the page sends what
 * the user did. Both sides check what they receive.
 */

import { modes } from "../consent/consent.ts";
import { categories } from "../schema/categories.ts";
import { agentNames, agents, planAgent } from "./agents.ts";
import { checkPermission } from "./record.ts";
import { insights, rhythm, selection, stats, toolUses } from "./reports.ts";
import { boolean, type Checked, listOf, nullable, oneOf, record, text, whole, word } from "./validate.ts";
import { ledger, preview, status } from "./worker.ts";

export const tabs = ["overview", "insights", "tools", "sharing", "privacy", "status"] as const;
export type Tab = (typeof tabs)[number];

/** Page → editor. */
export const checkPageAction = oneOf("do", {
  /** The page is loaded and wants its first state. */
  ready: record({ do: word(["ready"]), selection }),
  /** A tab is looked at. */
  see: record({ do: word(["see"]), tab: word(tabs) }),
  choosePeriod: record({ do: word(["choosePeriod"]), selection }),
  decide: record({
    do: word(["decide"]),
    mode: word(modes),
    collect: listOf(word(categories), categories.length),
    share: listOf(word(categories), categories.length),
    destination: nullable(text(2048)),
    automatic: boolean,
    notice: record({ version: text(64), sha256: text(64) }),
  }),
  exportAll: record({ do: word(["exportAll"]) }),
  /** Send now. */
  sync: record({ do: word(["sync"]) }),
  /** Show the exact next bytes. */
  preview: record({ do: word(["preview"]) }),
  verifyLedger: record({ do: word(["verifyLedger"]) }),
  /** Show the newest entries of the ledger. */
  showLedger: record({ do: word(["showLedger"]) }),
  /** Asked and answered on the page. */
  resetIdentity: record({ do: word(["resetIdentity"]) }),
  /** Asked and answered on the page. */
  eraseRemotely: record({ do: word(["eraseRemotely"]) }),
  /** Asked and answered on the page, with the count and size that were shown. */
  purge: record({ do: word(["purge"]) }),
  /** Put an insight aside until it is asked for again. */
  dismiss: record({ do: word(["dismiss"]), id: text(160) }),
  restoreInsights: record({ do: word(["restoreInsights"]) }),
  /** Show exactly what connecting an agent would change. */
  planAgent: record({ do: word(["planAgent"]), name: word(agentNames) }),
  /** Asked and answered on the page, with the change that was shown. */
  connectAgent: record({ do: word(["connectAgent"]), name: word(agentNames) }),
  disconnectAgent: record({ do: word(["disconnectAgent"]), name: word(agentNames) }),
  showLog: record({ do: word(["showLog"]) }),
});
export type PageAction = Checked<typeof checkPageAction>;

/** Editor → page. */
export const checkPageMessage = oneOf("say", {
  state: record({
    say: word(["state"]),
    /** What the editor itself knows; with a worker running, `status` holds the worker's fuller answer. */
    permission: checkPermission,
    status: nullable(status.result),
    stats: nullable(stats.result),
    toolUses: nullable(toolUses.result),
    rhythm: nullable(rhythm.result),
    agents: nullable(agents.result),
    /** Of the last 30 days. */
    insights: nullable(insights.result),
    /** Ids of insights that were put aside. */
    dismissed: listOf(text(160), 1_000),
    notice: record({ version: text(64), sha256: text(64) }),
    /** What keeps the product from working, as sentences. */
    problems: listOf(text(8192), 8),
    /** Why the data are missing or old, as a sentence. */
    failure: nullable(text(8192)),
    /** An answer to what the user just did, as a sentence; it stands until the next one. */
    done: nullable(text(8192)),
    busy: boolean,
    /** The kind of remote machine the window works on (such as `wsl`), where the data lie too; `null`: this one. */
    remote: nullable(text(64)),
    /** When this state was made, in milliseconds since 1970. */
    nowMs: whole(),
  }),
  preview: record({ say: word(["preview"]), preview: preview.result }),
  agentChange: record({ say: word(["agentChange"]), change: planAgent.result }),
  ledger: record({ say: word(["ledger"]), entries: ledger.result }),
  showTab: record({ say: word(["showTab"]), tab: word(tabs) }),
});
export type PageMessage = Checked<typeof checkPageMessage>;
export type PageState = Extract<PageMessage, { say: "state" }>;

/** The status bar item: the icon is the state; beside it what the user chose; details in the tooltip. Never a notification. */

import { type Disposable, MarkdownString, StatusBarAlignment, type StatusBarItem, window, workspace } from "vscode";
import type { Permission } from "../../shared/consent/consent.ts";
import { type Message, message } from "../../shared/protocol/message.ts";
import type { Today } from "../../shared/protocol/record.ts";
import type { SharingStatus } from "../../shared/protocol/worker.ts";
import { countText, usdText } from "../../shared/text/format.ts";
import { modeMessage, pendingText, refusalMessage } from "../../shared/text/sentences.ts";
import { monthlyBudget } from "../budget.ts";
import { allTranslated, translated } from "./translate.ts";

/** What the item shows beside its icon. */
const contents = ["state", "failures", "cost", "none"] as const;
type Content = (typeof contents)[number];

/** The default for anything else; earlier versions stored whether the item is shown. */
function chosenContent(): Content | "hidden" {
  const value = workspace.getConfiguration("nexus.telemetry").get<unknown>("statusBar");
  return value === false ? "hidden" : (contents.find((content) => content === value) ?? "state");
}

const links = [
  ["Open Dashboard", "nexus.telemetry.dashboard"],
  ["Status", "nexus.telemetry.status"],
  ["Show Log", "nexus.telemetry.log"],
] as const;
const decisions = {
  off: ["Enable…", "nexus.telemetry.enable"],
  on: ["Disable", "nexus.telemetry.disable"],
} as const;

export interface StatusBarState {
  readonly permission: Permission;
  /** Sentences about what prevents recording. */
  readonly problems: readonly Message[];
  /** `null` unless the mode is `share`, and until the worker has reported. */
  readonly sharing: SharingStatus | null;
  /** `null` in mode off, and until the worker has answered. */
  readonly today: Today | null;
  /** A command that became slower, until the user has seen it. */
  readonly alert: Today["slower"];
}

export class StatusBar implements Disposable {
  #item: StatusBarItem | undefined;
  #state: StatusBarState | undefined;

  /** Shows a state. The item is created with the first one. */
  show(state: StatusBarState): void {
    this.#state = state;
    this.followSettings();
  }

  followSettings(): void {
    const content = chosenContent();
    if (content === "hidden") {
      this.dispose();
      return;
    }
    if (this.#state === undefined) return;
    if (this.#item === undefined) {
      this.#item = window.createStatusBarItem("nexus.telemetry", StatusBarAlignment.Left, -100);
      this.#item.name = "Nexus Telemetry";
      this.#item.command = "nexus.telemetry.dashboard";
      this.#item.show();
    }
    render(this.#item, this.#state, content);
  }

  dispose(): void {
    this.#item?.dispose();
    this.#item = undefined;
  }
}

/** The state of recording and sharing. */
interface State {
  readonly icon: string;
  readonly word: string;
  /** Batches that wait: their number comes before everything but a problem. */
  readonly waiting: string | null;
  readonly sentence: string | null;
}

function stateOf({ permission, sharing }: StatusBarState): State {
  if (permission.mode === "off") return { icon: "circle-slash", word: "off", waiting: null, sentence: null };
  if (permission.mode === "local") return { icon: "pulse", word: "local", waiting: null, sentence: null };
  if (sharing === null) return { icon: "cloud-upload", word: "sharing", waiting: null, sentence: null };
  const { syncing, paused, failure, retryAtMs, pending, syncedMs } = sharing;
  if (syncing) return { icon: "sync~spin", word: "uploading", waiting: null, sentence: "Uploading…" };
  if (paused !== null) return { ...problem, sentence: `Uploading is paused: ${translated(paused)}` };
  const waiting = pending === 0 ? null : `${pending > 999 ? "999+" : pending} waiting`;
  const last = syncedMs === null ? "" : ` Last synced ${new Date(syncedMs).toLocaleString()}.`;
  if (failure !== null && (retryAtMs ?? 0) > Date.now())
    return { icon: "debug-disconnect", word: "waiting", waiting, sentence: `${allTranslated(failure)}${last}` };
  if (waiting === null) return { icon: "cloud", word: "synced", waiting, sentence: `Nothing to send.${last}` };
  return { icon: "cloud-upload", word: "waiting", waiting, sentence: `${pendingText(pending)} pending.${last}` };
}

const problem = { icon: "warning", word: "paused", waiting: "paused" } as const;

/** An alert, or a budget that is spent. */
const mark = "•";

/** At most 22 characters with the mark: "Nexus: 999+ waiting •". */
function textOf(content: Content, current: State, state: StatusBarState): string {
  const text = contentOf(content, current, state);
  return text === "" ? "" : `Nexus: ${text}`;
}

function contentOf(content: Content, { word, waiting }: State, { today, permission }: StatusBarState): string {
  if (waiting !== null) return waiting;
  if (permission.mode === "off") return content === "none" ? "" : word;
  switch (content) {
    case "state":
      return word;
    case "failures":
      return today === null ? "" : `${today.failed > 999 ? "999+" : today.failed} failed`;
    case "cost":
      return today === null || today.costUsd === null ? "" : usdText(today.costUsd).slice(0, 12);
    case "none":
      return "";
  }
}

function alertMessage({ command, factor, sinceMs }: NonNullable<Today["slower"]>): Message {
  const day = new Date(sinceMs).toLocaleDateString([], { weekday: "long" });
  return message("{command} has been {factor} × slower since {day}.", { command, factor: factor.toFixed(1), day });
}

/** What is in the tooltip beside the state. */
function newsOf({ today, alert }: StatusBarState): readonly string[] {
  const budget = monthlyBudget();
  const isSpent = budget !== null && today !== null && (today.monthUsd ?? 0) > budget;
  return [
    ...(alert === null ? [] : [translated(alertMessage(alert))]),
    ...(isSpent
      ? [
          translated(
            message("The monthly budget is spent: {spent} of {budget} at list prices.", {
              spent: usdText(today.monthUsd),
              budget: usdText(budget),
            }),
          ),
        ]
      : []),
  ];
}

function todaySentence({ commands, failed, agentToolCalls, costUsd }: Today): string {
  const agents = agentToolCalls === 0 ? "" : `, ${countText(agentToolCalls, "agent tool call")}`;
  const cost = costUsd === null ? "" : `, ${usdText(costUsd)}`;
  return `Today: ${countText(commands, "command")}, ${failed} failed${agents}${cost}.`;
}

function render(item: StatusBarItem, state: StatusBarState, content: Content): void {
  const { permission, problems, today } = state;
  const isFailing = problems.length > 0;
  const current = isFailing ? { ...problem, sentence: stateOf(state).sentence } : stateOf(state);
  const news = newsOf(state);
  const { icon, word, sentence } = current;
  const text = [textOf(content, current, state), ...(news.length > 0 && !isFailing ? [mark] : [])].filter(
    (part) => part !== "",
  );
  item.text = [`$(${icon})`, ...text].join(" ");
  const spoken = [isFailing || icon === problem.icon ? "paused" : permission.mode === "off" ? "off" : word, ...news];
  item.accessibilityInformation = {
    label: `Nexus Telemetry: ${spoken.join(". ")}${sentence === null ? "" : `. ${sentence}`}`,
    role: "button",
  };
  const sync = permission.mode === "share" ? ([["Sync Now", "nexus.telemetry.sync"]] as const) : [];
  const commands = [...links, ...sync, permission.mode === "off" ? decisions.off : decisions.on];
  const tooltip = new MarkdownString("", true);
  tooltip.isTrusted = { enabledCommands: commands.map(([, command]) => command) };
  tooltip.appendMarkdown("**Nexus Telemetry**\n\n");
  tooltip.appendText(translated(modeMessage(permission)));
  if (today !== null) {
    tooltip.appendMarkdown("\n\n");
    tooltip.appendText(todaySentence(today));
  }
  for (const one of news) {
    tooltip.appendMarkdown(`\n\n${mark} `);
    tooltip.appendText(one);
  }
  if (sentence !== null) {
    tooltip.appendMarkdown("\n\n");
    tooltip.appendText(sentence);
  }
  for (const problem of problems) {
    tooltip.appendMarkdown("\n\n$(warning) ");
    tooltip.appendText(translated(problem));
  }
  for (const refusal of permission.refusals) {
    tooltip.appendMarkdown("\n\n$(circle-slash) ");
    tooltip.appendText(translated(refusalMessage(refusal)));
  }
  tooltip.appendMarkdown(
    `\n\n---\n\n${commands.map(([title, command]) => `[${title}](command:${command})`).join(" · ")}`,
  );
  item.tooltip = tooltip;
}

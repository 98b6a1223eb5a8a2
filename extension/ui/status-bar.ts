/** The status bar item: mode or problem, details in the tooltip. Never shows a notification. */

import { type Disposable, MarkdownString, StatusBarAlignment, type StatusBarItem, window, workspace } from "vscode";
import type { Permission } from "../../shared/consent/consent.ts";
import type { Message } from "../../shared/protocol/message.ts";
import type { Today } from "../../shared/protocol/record.ts";
import type { SharingStatus } from "../../shared/protocol/worker.ts";
import { countText } from "../../shared/text/format.ts";
import { modeMessage, pendingText, refusalMessage } from "../../shared/text/sentences.ts";
import { allTranslated, translated } from "./translate.ts";

/** Icon and word, up to eight characters of text. */
const appearance = {
  off: "$(circle-slash) off",
  local: "$(pulse) local",
  share: "$(cloud-upload) share",
  problem: "$(warning) paused",
} as const;

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
}

export class StatusBar implements Disposable {
  #item: StatusBarItem | undefined;
  #state: StatusBarState | undefined;

  /** Shows a state. The item is created with the first one. */
  show(state: StatusBarState): void {
    this.#state = state;
    this.followSettings();
    if (this.#item !== undefined) render(this.#item, state);
  }

  followSettings(): void {
    const isEnabled = workspace.getConfiguration("nexus.telemetry").get<boolean>("statusBar", true);
    if (isEnabled && this.#item === undefined && this.#state !== undefined) {
      this.#item = window.createStatusBarItem("nexus.telemetry", StatusBarAlignment.Left, -100);
      this.#item.name = "Nexus Telemetry";
      this.#item.command = "nexus.telemetry.dashboard";
      render(this.#item, this.#state);
      this.#item.show();
    } else if (!isEnabled) {
      this.dispose();
    }
  }

  dispose(): void {
    this.#item?.dispose();
    this.#item = undefined;
  }
}

/** Returns the item's text and a sentence about uploading. */
function uploadState({ permission, sharing }: StatusBarState): {
  readonly text: string;
  readonly sentence: string | null;
} {
  if (permission.mode !== "share" || sharing === null) return { text: appearance[permission.mode], sentence: null };
  const { syncing, paused, failure, retryAtMs, pending, syncedMs } = sharing;
  if (syncing) return { text: "$(sync~spin) sync", sentence: "Uploading…" };
  if (paused !== null) return { text: appearance.problem, sentence: `Uploading is paused: ${translated(paused)}` };
  const count = pending > 999 ? "999+" : String(pending);
  const last = syncedMs === null ? "" : ` Last synced ${new Date(syncedMs).toLocaleString()}.`;
  if (failure !== null && (retryAtMs ?? 0) > Date.now())
    return { text: `$(debug-disconnect) ${count}`, sentence: `${allTranslated(failure)}${last}` };
  const waiting = pending === 0 ? "Nothing to send." : `${pendingText(pending)} pending.`;
  return { text: pending === 0 ? "$(cloud) synced" : `$(cloud-upload) ${count}`, sentence: `${waiting}${last}` };
}

function todaySentence({ commands, failed, agentToolCalls }: Today): string {
  const agents = agentToolCalls === 0 ? "" : `, ${countText(agentToolCalls, "agent tool call")}`;
  return `Today: ${countText(commands, "command")}, ${failed} failed${agents}.`;
}

function render(item: StatusBarItem, state: StatusBarState): void {
  const { permission, problems, today } = state;
  const isFailing = problems.length > 0;
  const { text, sentence } = uploadState(state);
  item.text = isFailing ? appearance.problem : text;
  item.accessibilityInformation = {
    label: `Nexus Telemetry: ${isFailing ? "paused" : permission.mode}${sentence === null ? "" : `. ${sentence}`}`,
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

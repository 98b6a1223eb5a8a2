/** The one status-bar item: state in the icon and one word, everything else in the tooltip. It never pops up. */
import { type Disposable, MarkdownString, StatusBarAlignment, type StatusBarItem, window, workspace } from "vscode";
import type { Permission } from "../../shared/consent/consent.ts";
import type { Today } from "../../shared/protocol/record.ts";
import type { SharingStatus } from "../../shared/protocol/worker.ts";
import { countText, modeSentence, pendingText, refusalSentence } from "../../shared/text/format.ts";

/** Icon and word; at most eight characters of text. */
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
  /** What keeps the product from working, as sentences. */
  readonly problems: readonly string[];
  /** `null` where nothing is shared, or nobody has told yet. */
  readonly sharing: SharingStatus | null;
  /** `null` where nothing is recorded, or nobody has told yet. */
  readonly today: Today | null;
}

export class StatusBar implements Disposable {
  #item: StatusBarItem | undefined;
  #shown: StatusBarState | undefined;

  /** Shows a state; before the first one there is no item. */
  show(shown: StatusBarState): void {
    this.#shown = shown;
    this.followSettings();
    if (this.#item !== undefined) render(this.#item, shown);
  }

  followSettings(): void {
    const requested = workspace.getConfiguration("nexus.telemetry").get<boolean>("statusBar", true);
    if (requested && this.#item === undefined && this.#shown !== undefined) {
      this.#item = window.createStatusBarItem("nexus.telemetry", StatusBarAlignment.Left, -100);
      this.#item.name = "Nexus Telemetry";
      this.#item.command = "nexus.telemetry.dashboard";
      render(this.#item, this.#shown);
      this.#item.show();
    } else if (!requested) {
      this.dispose();
    }
  }

  dispose(): void {
    this.#item?.dispose();
    this.#item = undefined;
  }
}

/** The state of sending, and a sentence on it. */
function uploadState({ permission, sharing }: StatusBarState): {
  readonly text: string;
  readonly sentence: string | null;
} {
  if (permission.mode !== "share" || sharing === null) return { text: appearance[permission.mode], sentence: null };
  const { syncing, paused, failure, retryAtMs, pending, syncedMs } = sharing;
  if (syncing) return { text: "$(sync~spin) sync", sentence: "Sending." };
  if (paused !== null) return { text: appearance.problem, sentence: `Sending is paused. ${paused}.` };
  const count = pending > 999 ? "999+" : String(pending);
  const last = syncedMs === null ? "" : ` Last synced ${new Date(syncedMs).toLocaleString()}.`;
  if (failure !== null && (retryAtMs ?? 0) > Date.now())
    return { text: `$(debug-disconnect) ${count}`, sentence: `${failure}${last}` };
  const waiting = pending === 0 ? "No events are waiting." : `${pendingText(pending)} may be sent.`;
  return { text: pending === 0 ? "$(cloud) synced" : `$(cloud-upload) ${count}`, sentence: `${waiting}${last}` };
}

function todaySentence({ commands, failed, agentToolCalls }: Today): string {
  const agents = agentToolCalls === 0 ? "" : `, ${countText(agentToolCalls, "tool use")} of agents`;
  return `Today: ${countText(commands, "command")}, ${failed} failed${agents}.`;
}

function render(item: StatusBarItem, shown: StatusBarState): void {
  const { permission, problems } = shown;
  const failing = problems.length > 0;
  const { text, sentence } = uploadState(shown);
  item.text = failing ? appearance.problem : text;
  item.accessibilityInformation = {
    label: `Nexus Telemetry: ${failing ? "paused" : permission.mode}${sentence === null ? "" : `. ${sentence}`}`,
    role: "button",
  };
  const sync = permission.mode === "share" ? ([["Sync Now", "nexus.telemetry.sync"]] as const) : [];
  const commands = [...links, ...sync, permission.mode === "off" ? decisions.off : decisions.on];
  const tooltip = new MarkdownString("", true);
  tooltip.isTrusted = { enabledCommands: commands.map(([, command]) => command) };
  tooltip.appendMarkdown("**Nexus Telemetry**\n\n");
  tooltip.appendText(modeSentence(permission));
  if (shown.today !== null) {
    tooltip.appendMarkdown("\n\n");
    tooltip.appendText(todaySentence(shown.today));
  }
  if (sentence !== null) {
    tooltip.appendMarkdown("\n\n");
    tooltip.appendText(sentence);
  }
  for (const problem of problems) {
    tooltip.appendMarkdown("\n\n$(warning) ");
    tooltip.appendText(problem);
  }
  for (const refusal of permission.refusals) {
    tooltip.appendMarkdown("\n\n$(circle-slash) ");
    tooltip.appendText(refusalSentence(refusal));
  }
  tooltip.appendMarkdown(
    `\n\n---\n\n${commands.map(([title, command]) => `[${title}](command:${command})`).join(" · ")}`,
  );
  item.tooltip = tooltip;
}

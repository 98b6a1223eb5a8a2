/** The view "Today" in the side bar: last failures, costs, waiting batches and actions. Never starts a worker. */
import { type Event, EventEmitter, ThemeIcon, TreeItem, TreeItemCollapsibleState } from "vscode";
import type { Answer, Details } from "../../shared/protocol/query.ts";
import { DetailsRequest, QueryRequest, type Question } from "../../shared/protocol/questions.ts";
import { clockText, countText, durationText } from "../../shared/text/format.ts";
import { sourceLabel } from "../../shared/text/labels.ts";
import { listCostText } from "../../shared/text/lower-bound.ts";
import { pendingText } from "../../shared/text/sentences.ts";
import type { Telemetry } from "../telemetry.ts";

/** An entry, with those below it. */
interface Entry {
  readonly label: string;
  readonly detail?: string;
  readonly icon: string;
  readonly command?: string;
  readonly isOpen?: boolean;
  readonly entries?: readonly Entry[];
}

/** Failures in the list. */
const maxFailures = 8;
/** Failures that the worker lists. */
const maxListed = 50;

const today = (more: Partial<Question>): Question => ({
  period: { period: "today" },
  by: null,
  filters: {},
  compare: null,
  ...more,
});

export class TodayView {
  readonly #telemetry: Telemetry;
  readonly #changed = new EventEmitter<void>();
  readonly onDidChangeTreeData: Event<void> = this.#changed.event;

  constructor(telemetry: Telemetry) {
    this.#telemetry = telemetry;
  }

  refresh(): void {
    this.#changed.fire();
  }

  getTreeItem({ label, detail, icon, command, isOpen = false, entries }: Entry): TreeItem {
    const { None, Expanded, Collapsed } = TreeItemCollapsibleState;
    const item = new TreeItem(label, entries === undefined ? None : isOpen ? Expanded : Collapsed);
    item.iconPath = new ThemeIcon(icon);
    if (detail !== undefined) item.description = detail;
    if (command !== undefined) item.command = { command: `nexus.telemetry.${command}`, title: label };
    return item;
  }

  /** Without entries VS Code shows the welcome text, which says that recording is off. */
  async getChildren(entry?: Entry): Promise<readonly Entry[]> {
    if (entry !== undefined) return entry.entries ?? [];
    if (this.#telemetry.permission.mode === "off") return [];
    try {
      const [failures, agents] = await Promise.all([
        this.#telemetry.ask(DetailsRequest, today({ filters: { outcome: "failed" } })),
        this.#telemetry.ask(QueryRequest, today({ by: "agent" })),
      ]);
      return [...costEntries(agents), ...this.#waitingEntries(), ...failureEntries(failures), ...this.#actionEntries()];
    } catch {
      // The supervisor reports why; the next change reads again.
      return [{ label: "Data is unavailable", icon: "warning", command: "status" }];
    }
  }

  #waitingEntries(): readonly Entry[] {
    const { sharing } = this.#telemetry;
    if (sharing === null) return [];
    const label = sharing.pending === 0 ? "Nothing to send" : `${pendingText(sharing.pending)} waiting`;
    return [{ label, icon: "cloud-upload", command: "sync" }];
  }

  #actionEntries(): readonly Entry[] {
    const isSharing = this.#telemetry.permission.mode === "share";
    const entries: readonly Entry[] = [
      { label: "Open dashboard", icon: "graph", command: "dashboard" },
      ...(isSharing ? [{ label: "Sync now", icon: "sync", command: "sync" }] : []),
      { label: "Export", icon: "export", command: "export" },
    ];
    return [{ label: "Actions", icon: "zap", entries }];
  }
}

function failureEntries({ last }: Details): readonly Entry[] {
  if (last.length === 0) return [{ label: "No failures", icon: "pass" }];
  const nowMs = Date.now();
  const entries = last.slice(0, maxFailures).map(
    ({ name, tsMs, durationMs, exitClass, error, source }): Entry => ({
      label: name,
      detail: [
        clockText(tsMs, nowMs),
        (error ?? exitClass ?? "failed").replaceAll("_", " "),
        ...(durationMs === null ? [] : [durationText(durationMs)]),
        sourceLabel(source),
      ].join(" · "),
      icon: "error",
      command: "dashboard",
    }),
  );
  return [
    {
      label: "Last failures",
      detail: last.length < maxListed ? countText(last.length, "failure") : `${maxListed} or more failures`,
      icon: "error",
      isOpen: true,
      entries,
    },
  ];
}

function costEntries({ groups, total }: Answer): readonly Entry[] {
  const { listUsd } = total.cost;
  if (listUsd === null) return [];
  const entries = groups
    .filter(({ measures }) => measures.cost.listUsd !== null)
    .map(
      ({ key, measures }): Entry => ({
        label: key === "" ? "Other" : sourceLabel(key),
        detail: listCostText(measures),
        icon: "hubot",
        command: "agents",
      }),
    );
  return [{ label: "Costs", detail: `${listCostText(total)} at list prices`, icon: "credit-card", entries }];
}

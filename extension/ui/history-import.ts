/**
 * Imports the history of agents and shells: shows what is there, asks for each, and runs the `nexus` command, whose process can be
 * ended without harm.
 */
import { type CancellationToken, ProgressLocation, type QuickPickItem, ThemeIcon, window } from "vscode";
import { countText, dayText, numberText, sizeText } from "../../shared/text/format.ts";
import { keptOfAgents, keptOfShells, limitsOf } from "../../shared/text/history-texts.ts";
import { sourceLabel } from "../../shared/text/labels.ts";
import { type HistoryName, historyGroup, historyGroups, isShell } from "../../shared/vocabulary/history-names.ts";
import type { FirstSteps } from "../first-steps.ts";
import type { HistoryFollower } from "../history-follower.ts";
import type { NexusCommand } from "../nexus-command.ts";

/** A history that was found, as the command prints it. */
interface Found {
  readonly agent: HistoryName;
  readonly files: number;
  readonly bytes: number;
  readonly skippedLines: number;
  readonly responses: number;
  readonly tools: number;
  readonly inexact: number;
  readonly firstMs: number | null;
  readonly lastMs: number | null;
  readonly deleted: number;
  readonly deletedUntilMs: number | null;
  readonly importedMs: number | null;
}

/** What became of the records of one history. */
interface Imported {
  readonly added: number;
  readonly replaced: number;
  readonly known: number;
  readonly live: number;
  readonly skipped: number;
  readonly refused: number;
}

type Choice =
  | { readonly imported: readonly Found[] }
  | { readonly removed: Found }
  | { readonly followed: Found; readonly isFollowed: boolean };

interface Item extends QuickPickItem {
  readonly found: Found;
}

const keyOf = { agents: "agents", shell: "shells" } as const;

const follow = { iconPath: new ThemeIcon("sync"), tooltip: "Import what is new once an hour" };
const stopFollowing = { iconPath: new ThemeIcon("sync-ignored"), tooltip: "Do not import what is new" };
const remove = { iconPath: new ThemeIcon("trash"), tooltip: "Remove the imported history" };

export class HistoryImport {
  readonly #command: NexusCommand;
  readonly #follower: HistoryFollower;
  readonly #steps: FirstSteps;

  constructor(command: NexusCommand, follower: HistoryFollower, steps: FirstSteps) {
    this.#command = command;
    this.#follower = follower;
    this.#steps = steps;
  }

  /** Asks what to import and imports it. Returns a sentence about it; `null` if the user cancelled. */
  async run(): Promise<string | null> {
    const found = await this.#find();
    if (found === null) return null;
    if (found.length === 0) return "No history of an agent or a shell was found.";
    const chosen = await this.#choose(found);
    if (chosen === undefined) return null;
    if ("removed" in chosen) return this.#undo(chosen.removed);
    if ("followed" in chosen) return this.#follow(chosen.followed, chosen.isFollowed);
    const includeDeleted = await mayBringBack(chosen.imported);
    return includeDeleted === undefined ? null : this.#import(chosen.imported, includeDeleted);
  }

  #find(): Promise<readonly Found[] | null> {
    return cancellable("Nexus: looking for history", async (_, token) => {
      const lists = await Promise.all(
        historyGroups.map(async (group) => {
          const result = await this.#command.run([group, "import", "--preview", "--json"], token);
          return (result?.[keyOf[group]] ?? []) as readonly Found[];
        }),
      );
      if (token.isCancellationRequested) return null;
      return lists.flat().filter(({ responses, tools }) => responses + tools > 0);
    });
  }

  /** Asks for each; `undefined` without a choice. */
  async #choose(found: readonly Found[]): Promise<Choice | undefined> {
    const picker = window.createQuickPick<Item>();
    picker.title = "Import history: it stays on this machine and is never shared";
    picker.placeholder = "Select what to import";
    picker.canSelectMany = true;
    picker.ignoreFocusOut = true;
    picker.matchOnDescription = true;
    const { followed } = this.#follower;
    picker.items = found.map((one) => itemOf(one, followed.includes(one.agent)));
    try {
      const picked = await new Promise<Choice | undefined>((resolve) => {
        picker.onDidAccept(() => resolve({ imported: picker.selectedItems.map((item) => item.found) }));
        picker.onDidTriggerItemButton(({ item, button }) =>
          resolve(
            button === remove ? { removed: item.found } : { followed: item.found, isFollowed: button === follow },
          ),
        );
        picker.onDidHide(() => resolve(undefined));
        picker.show();
      });
      if (picked === undefined || !("imported" in picked)) return picked;
      return picked.imported.length > 0 && (await isAgreed(picked.imported)) ? picked : undefined;
    } finally {
      picker.dispose();
    }
  }

  #import(chosen: readonly Found[], includeDeleted: boolean): Promise<string | null> {
    return cancellable("Nexus: importing", async (report, token) => {
      const sum = { added: 0, replaced: 0, known: 0, live: 0, skipped: 0, refused: 0 };
      for (const { agent } of chosen) {
        report(sourceLabel(agent));
        const more = includeDeleted ? ["--include-deleted"] : [];
        const result = await this.#command.run(
          [historyGroup(agent), "import", agent, "--yes", "--json", ...more],
          token,
        );
        const [one] = (result?.["imported"] ?? []) as readonly Imported[];
        if (token.isCancellationRequested)
          return "Import stopped. Imported records are kept; the next import continues.";
        for (const name of ["added", "replaced", "known", "live", "skipped", "refused"] as const)
          sum[name] += one?.[name] ?? 0;
      }
      const rest = [
        ...(sum.replaced > 0 ? [`${numberText(sum.replaced)} completed`] : []),
        ...(sum.known > 0 ? [`${numberText(sum.known)} imported before`] : []),
        ...(sum.live > 0 ? [`${numberText(sum.live)} recorded live`] : []),
        ...(sum.skipped > 0 ? [`${numberText(sum.skipped)} of a deleted period left out`] : []),
        ...(sum.refused > 0 ? [`${numberText(sum.refused)} refused: their time or category is not recorded`] : []),
      ];
      if (sum.added + sum.known > 0) this.#steps.done("imported");
      return `${[`${countText(sum.added, "record")} imported`, ...rest].join(", ")}.`;
    });
  }

  async #follow({ agent }: Found, isFollowed: boolean): Promise<string> {
    await this.#follower.follow(agent, isFollowed);
    const name = sourceLabel(agent);
    return isFollowed
      ? `What is new in the history of ${name} is imported once an hour.`
      : `The history of ${name} is no longer followed. Imported records are kept.`;
  }

  async #undo({ agent }: Found): Promise<string | null> {
    const name = sourceLabel(agent);
    const answer = await window.showWarningMessage(
      `Remove the imported history of ${name}?`,
      { modal: true, detail: "Data recorded live is kept." },
      "Remove",
    );
    if (answer !== "Remove") return null;
    const removed = await cancellable("Nexus: removing", (_, token) =>
      this.#command.run([historyGroup(agent), "import", agent, "--undo", "--yes", "--json"], token),
    );
    if (removed === undefined) return null;
    await this.#follower.follow(agent, false);
    return `Removed the imported history of ${name}. Data recorded live is unchanged.`;
  }
}

const cancellable = <T>(
  title: string,
  work: (report: (message: string) => void, token: CancellationToken) => Promise<T>,
): Promise<T> =>
  Promise.resolve(
    window.withProgress({ location: ProgressLocation.Notification, title, cancellable: true }, (progress, token) =>
      work((message) => progress.report({ message }), token),
    ),
  );

function itemOf(found: Found, isFollowed: boolean): Item {
  const { agent, files, bytes, skippedLines, responses, tools, inexact, firstMs, lastMs, importedMs } = found;
  const records = isShell(agent)
    ? countText(tools, "command")
    : `${countText(responses, "response")}, ${countText(tools, "tool use")}`;
  const exactness = isShell(agent)
    ? []
    : [
        inexact === 0
          ? "Tokens are exact."
          : `Of ${countText(inexact, "response")} only a part of the output is known (≥).`,
      ];
  return {
    found,
    label: sourceLabel(agent),
    description: `${records} · ${dayText(firstMs ?? 0)} to ${dayText(lastMs ?? 0)} · ${countText(files, "file")}, ${sizeText(bytes)}`,
    detail: [
      ...(isFollowed ? ["Followed: what is new is imported once an hour."] : []),
      ...(importedMs === null ? [] : [`Imported last on ${dayText(importedMs)}; only what is new is added.`]),
      ...exactness,
      ...(isShell(agent) && skippedLines === 0 ? [] : limitsOf(agent, sourceLabel(agent))),
    ].join(" "),
    buttons: importedMs === null ? [] : [isFollowed ? stopFollowing : follow, remove],
  };
}

/** Shows exactly what would be kept. */
async function isAgreed(chosen: readonly Found[]): Promise<boolean> {
  const kept = [
    ...(chosen.some(({ agent }) => !isShell(agent)) ? keptOfAgents : []),
    ...(chosen.some(({ agent }) => isShell(agent)) ? keptOfShells : []),
  ];
  const names = chosen.map(({ agent }) => sourceLabel(agent)).join(", ");
  const answer = await window.showInformationMessage(
    `Import the history of ${names}?`,
    { modal: true, detail: kept.join("\n\n") },
    "Import",
  );
  return answer === "Import";
}

/** Asks about what the user deleted; `undefined` if the user cancelled. */
async function mayBringBack(chosen: readonly Found[]): Promise<boolean | undefined> {
  const untilMs = Math.max(0, ...chosen.map(({ deletedUntilMs }) => deletedUntilMs ?? 0));
  if (untilMs === 0) return false;
  const [bring, leave] = ["Import It Too", "Leave It Out"];
  const answer = await window.showWarningMessage(
    `You deleted data up to ${dayText(untilMs)}. Import that period too?`,
    { modal: true },
    bring,
    leave,
  );
  return answer === undefined ? undefined : answer === bring;
}

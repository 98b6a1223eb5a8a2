/** User actions of command palette and dashboard. Each returns a sentence about its result. */

import { join } from "node:path";
import { type Memento, ProgressLocation, Uri, window } from "vscode";
import { type ConsentRecord, decide } from "../../shared/consent/consent.ts";
import { noticeVersion } from "../../shared/consent/notice-version.ts";
import { withdrawal } from "../../shared/consent/withdrawal.ts";
import {
  type AgentName,
  ConnectAgentRequest,
  DisconnectAgentRequest,
  TestAgentRequest,
} from "../../shared/protocol/agents.ts";
import type { Validated } from "../../shared/protocol/validate.ts";
import {
  CheckServerRequest,
  ErasePartRequest,
  EraseRemotelyRequest,
  type EraseRequestSelection,
  ExportRequest,
  exportFormats,
  exportKinds,
  GiveConsentRequest,
  PurgeRequest,
  ResetIdentityRequest,
  StatusRequest,
  SyncRequest,
} from "../../shared/protocol/worker.ts";
import { countText, numberText, sizeText } from "../../shared/text/format.ts";
import {
  deletedSettingsMessage,
  erasureMessages,
  exportText,
  modeMessage,
  proofMessage,
  reportMessages,
} from "../../shared/text/sentences.ts";
import { forgetUse, lastErasureKey } from "../capture/feature-memory.ts";
import type { PermissionSource } from "../permission.ts";
import type { Telemetry } from "../telemetry.ts";
import { displayedNotice } from "./consent-notice.ts";
import type { HistoryImport } from "./history-import.ts";
import { allTranslated, translated } from "./translate.ts";

type Decision = Validated<(typeof GiveConsentRequest)["params"]>;

type ReportProgress = (message: string) => void;

const runWithProgress = <T>(title: string, work: (reportProgress: ReportProgress) => Thenable<T>) =>
  window.withProgress({ location: ProgressLocation.Window, title }, (progress) =>
    work((message) => progress.report({ message })),
  );

export class Actions {
  readonly #telemetry: Telemetry;
  readonly #permissions: PermissionSource;
  readonly #home: string;
  readonly #memory: Memento;
  readonly #historyImport: HistoryImport;

  /** `home`: the default folder of an export. */
  constructor(
    telemetry: Telemetry,
    permissions: PermissionSource,
    home: string,
    memory: Memento,
    historyImport: HistoryImport,
  ) {
    this.#memory = memory;
    this.#historyImport = historyImport;
    this.#telemetry = telemetry;
    this.#permissions = permissions;
    this.#home = home;
  }

  /** Stores and applies the user's consent. A withdrawal applies even if storing it fails. */
  async decide(decision: Decision): Promise<string> {
    const { notice: _notice, via: _via, ...choice } = decision;
    const record: ConsentRecord = { ...choice, noticeVersion, tsMs: Date.now() };
    if (decision.mode === "off") this.#permissions.decided(record, decide(record, []));
    const { permission, decidedMs } = await this.#telemetry.command(GiveConsentRequest, decision);
    this.#permissions.decided({ ...record, tsMs: decidedMs }, permission);
    return translated(modeMessage(permission));
  }

  disable(): Promise<string> {
    return this.decide({ ...withdrawal, notice: displayedNotice(), via: "vscode_command" });
  }

  /** Asks for a file, then exports all data; returns `null` if the user cancelled. */
  async exportAll(): Promise<string | null> {
    const day = new Date().toISOString().slice(0, 10);
    const target = await window.showSaveDialog({
      title: "Export all data recorded by Nexus Telemetry",
      saveLabel: "Export",
      defaultUri: Uri.file(join(this.#home, `nexus-export-${day}.json`)),
      filters: { JSON: ["json"], "JSON Lines": ["jsonl"], CSV: ["csv"] },
    });
    if (target === undefined) return null;
    const format = exportFormats.find((name) => target.path.toLowerCase().endsWith(`.${name}`));
    if (format === undefined)
      throw new Error(
        `Nothing was exported: the file name must end with ${exportFormats.map((name) => `.${name}`).join(", ")}.`,
      );
    const what = format === "csv" ? (["events"] as const) : exportKinds;
    const { counts, sizeBytes } = await runWithProgress("Nexus: exporting", (reportProgress) => {
      this.#telemetry.onExportProgress = ({ done, total }) =>
        reportProgress(`${numberText(done)} of ${countText(total, "row")}`);
      return this.#telemetry.command(ExportRequest, { path: target.fsPath, format, what });
    });
    return `Exported ${exportText(counts)} (${sizeText(sizeBytes)}) to ${target.fsPath}.`;
  }

  /** Uploads pending events now. Without consent to share, the worker refuses. */
  async sync(): Promise<string> {
    const report = await runWithProgress("Nexus: uploading", () => this.#telemetry.command(SyncRequest, {}));
    return allTranslated(reportMessages(report, Date.now()));
  }

  async eraseRemotely(): Promise<string> {
    const report = await runWithProgress("Nexus: requesting erasure", () =>
      this.#telemetry.command(EraseRemotelyRequest, {}),
    );
    return allTranslated(erasureMessages(report));
  }

  async connectAgent(name: AgentName): Promise<string> {
    const agents = await this.#telemetry.command(ConnectAgentRequest, { name });
    const agent = agents.find((candidate) => candidate.name === name);
    return (
      agent?.blockedBy ??
      agent?.approval ??
      `${agent?.title ?? name} is connected. Its next tool call will be recorded.`
    );
  }

  async disconnectAgent(name: AgentName): Promise<string> {
    const agents = await this.#telemetry.command(DisconnectAgentRequest, { name });
    const agent = agents.find((candidate) => candidate.name === name);
    return `${agent?.title ?? name} is no longer connected.`;
  }

  async testAgent(name: AgentName): Promise<string> {
    const { fault } = await this.#telemetry.command(TestAgentRequest, { name });
    return fault ?? "The hook works.";
  }

  /** Asks which histories to import, then imports them; returns `null` if the user cancelled. */
  importHistory(): Promise<string | null> {
    return this.#historyImport.run();
  }

  async resetIdentity(): Promise<string> {
    await this.#telemetry.command(ResetIdentityRequest, {});
    return "Pseudonym reset.";
  }

  /** Asks the destination which upload schemas it accepts. */
  async checkServer(): Promise<string> {
    const { host, schema, reason } = await runWithProgress("Nexus: asking the server", () =>
      this.#telemetry.command(CheckServerRequest, {}),
    );
    if (reason !== null) return `${translated(reason)} Upload schema 1 is used.`;
    return `${host} accepts upload schema ${schema}.`;
  }

  /** Asks with count and size, then deletes; returns `null` if the user cancelled. */
  async purge(): Promise<string | null> {
    const { database, problem } = await this.#telemetry.command(StatusRequest, {});
    if (database === null) {
      if (problem !== null) throw new Error(translated(problem.message));
      // Event logs can exist without a database.
      return this.purgeConfirmed();
    }
    // Without events there is nothing to confirm, but an earlier purge may have to be finished.
    if (database.events === 0) return this.purgeConfirmed();
    const { events, sessions, sizeBytes } = database;
    const confirm = `Delete ${countText(events, "event")}`;
    const answer = await window.showWarningMessage(
      `Delete ${countText(events, "event")} of ${countText(sessions, "session")} (${sizeText(sizeBytes)})?`,
      { modal: true, detail: "This cannot be undone. Consent is not affected. Export first to keep a copy." },
      confirm,
    );
    return answer === confirm ? this.purgeConfirmed() : null;
  }

  async purgeConfirmed(): Promise<string> {
    const { events, freedBytes, searched, copies, agentSettings } = await runWithProgress("Nexus: deleting", () =>
      this.#telemetry.command(PurgeRequest, {}),
    );
    forgetUse(this.#memory);
    const proof = proofMessage(searched, copies);
    const verification = proof === null || searched === 0 ? "" : ` ${translated(proof)}`;
    const agents = agentSettings === 0 ? "" : ` ${translated(deletedSettingsMessage)}`;
    return this.#remembered(
      `Deleted ${countText(events, "event")}. Freed ${sizeText(freedBytes)}.${verification}${agents}`,
    );
  }

  /** Puts the open workspace in place of an empty one. @throws Error if no folder is open. */
  inThisWorkspace(part: EraseRequestSelection): EraseRequestSelection {
    if (part.workspace !== "") return part;
    const { workspace } = this.#telemetry;
    if (workspace === undefined) throw new Error("No folder is open, so no workspace is selected.");
    return { ...part, workspace };
  }

  async erasePart(part: EraseRequestSelection): Promise<string> {
    const { events, sessions, freedBytes, searched, copies } = await runWithProgress("Nexus: deleting", () =>
      this.#telemetry.command(ErasePartRequest, this.inThisWorkspace(part)),
    );
    const proof = searched === 0 ? null : proofMessage(searched, copies);
    const amount = `${countText(events, "event")} and ${countText(sessions, "session")}`;
    return this.#remembered(
      `Deleted ${amount} and their totals. Freed ${sizeText(freedBytes)}.${proof === null ? "" : ` ${translated(proof)}`}`,
    );
  }

  /** The proof of a deletion stays on the dashboard, with its date. */
  async #remembered(text: string): Promise<string> {
    await this.#memory.update(lastErasureKey, { tsMs: Date.now(), text });
    return text;
  }
}

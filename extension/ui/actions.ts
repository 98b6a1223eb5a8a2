/** What a user can make the product do; the palette and the page share these. Each answers with a sentence. */
import { join } from "node:path";
import { ProgressLocation, Uri, window } from "vscode";
import { type ConsentRecord, decide } from "../../shared/consent/consent.ts";
import { noticeVersion } from "../../shared/consent/notice.ts";
import { type AgentName, ConnectAgentRequest, DisconnectAgentRequest } from "../../shared/protocol/agents.ts";
import type { Validated } from "../../shared/protocol/validate.ts";
import {
  EraseRemotelyRequest,
  ExportRequest,
  exportFormats,
  GiveConsentRequest,
  PurgeRequest,
  ResetIdentityRequest,
  StatusRequest,
  SyncRequest,
  VerifyLedgerRequest,
} from "../../shared/protocol/worker.ts";
import {
  countText,
  erasureText,
  forgottenSettings,
  modeSentence,
  proofText,
  reportSentence,
  sizeText,
} from "../../shared/text/format.ts";
import type { PermissionSource } from "../permission.ts";
import type { Telemetry } from "../telemetry.ts";
import { displayedNotice } from "./consent-notice.ts";

type Decision = Validated<(typeof GiveConsentRequest)["params"]>;

type ReportProgress = (message: string) => void;

const runWithProgress = <T>(title: string, work: (say: ReportProgress) => Thenable<T>) =>
  window.withProgress({ location: ProgressLocation.Window, title }, (shown) =>
    work((message) => shown.report({ message })),
  );

export class Actions {
  readonly #telemetry: Telemetry;
  readonly #permissions: PermissionSource;
  readonly #home: string;

  /** `home`: where an export is offered to go. */
  constructor(telemetry: Telemetry, permissions: PermissionSource, home: string) {
    this.#telemetry = telemetry;
    this.#permissions = permissions;
    this.#home = home;
  }

  /** Writes the user's decision down and follows it. A no is followed at once, whatever becomes of its record. */
  async decide(decision: Decision): Promise<string> {
    const { mode, collect, share, destination, automatic } = decision;
    const record: ConsentRecord = { mode, collect, share, destination, automatic, noticeVersion, tsMs: Date.now() };
    if (mode === "off") this.#permissions.decided(record, decide(record, []));
    const { permission, decidedMs } = await this.#telemetry.command(GiveConsentRequest, decision);
    this.#permissions.decided({ ...record, tsMs: decidedMs }, permission);
    return modeSentence(permission);
  }

  disable(): Promise<string> {
    return this.decide({
      mode: "off",
      collect: [],
      share: [],
      destination: null,
      automatic: false,
      notice: displayedNotice(),
      via: "vscode_command",
    });
  }

  /** Asks where to, then exports; `null` where the user thought better of it. */
  async exportAll(): Promise<string | null> {
    const day = new Date().toISOString().slice(0, 10);
    const target = await window.showSaveDialog({
      title: "Export everything Nexus Telemetry has recorded",
      saveLabel: "Export",
      defaultUri: Uri.file(join(this.#home, `nexus-telemetry-${day}.json`)),
      filters: { JSON: ["json"], "JSON Lines": ["jsonl"], CSV: ["csv"] },
    });
    if (target === undefined) return null;
    const format = exportFormats.find((name) => target.path.toLowerCase().endsWith(`.${name}`)) ?? "json";
    const { events, sizeBytes } = await runWithProgress("Nexus: exporting", (say) => {
      this.#telemetry.onExportProgress = ({ done, total }) => say(`${countText(done, "event")} of ${total}`);
      return this.#telemetry.command(ExportRequest, { path: target.fsPath, format });
    });
    return `Exported ${countText(events, "event")} (${sizeText(sizeBytes)}).`;
  }

  /** Sends now, after asking for consent where there is none: on the page, which names the destination. */
  async sync(): Promise<string> {
    const report = await runWithProgress("Nexus: sending", () => this.#telemetry.command(SyncRequest, {}));
    return reportSentence(report, Date.now());
  }

  async eraseRemotely(): Promise<string> {
    const report = await runWithProgress("Nexus: asking for erasure", () =>
      this.#telemetry.command(EraseRemotelyRequest, {}),
    );
    return erasureText(report);
  }

  async connectAgent(name: AgentName): Promise<string> {
    const standing = (await this.#telemetry.command(ConnectAgentRequest, { name })).find((one) => one.name === name);
    return standing?.blockedBy ?? `${standing?.title ?? name} is connected: its next use of a tool is recorded.`;
  }

  async disconnectAgent(name: AgentName): Promise<string> {
    const standing = (await this.#telemetry.command(DisconnectAgentRequest, { name })).find((one) => one.name === name);
    return `${standing?.title ?? name} is no longer connected.`;
  }

  async resetIdentity(): Promise<string> {
    await this.#telemetry.command(ResetIdentityRequest, {});
    return "From now on you share under a new pseudonym.";
  }

  async verifyLedger(): Promise<string> {
    const verdict = await this.#telemetry.command(VerifyLedgerRequest, {});
    if (verdict === null || verdict.entries === 0) return "The ledger is empty: nothing was ever sent.";
    const [fault] = verdict.faults;
    if (fault !== undefined) return `The ledger does not hold: entry ${fault.seq}: ${fault.message}.`;
    const parts = [countText(verdict.entries, "entry", "entries"), countText(verdict.receipts, "receipt")];
    return `The ledger holds: ${parts.join(", ")}, ${verdict.withoutReceipt} accepted without one.`;
  }

  /** Asks with count and size, then deletes; `null` where the user thought better of it. */
  async purge(): Promise<string | null> {
    const { database, problem } = await this.#telemetry.command(StatusRequest, {});
    if (database === null) {
      if (problem !== null) throw new Error(problem.text);
      // Event logs may wait without a database.
      return this.purgeConfirmed();
    }
    // Without events there is nothing to lose, and perhaps an earlier purge to be finished.
    if (database.events === 0) return this.purgeConfirmed();
    const { events, sessions, sizeBytes } = database;
    const confirm = "Delete";
    const answer = await window.showWarningMessage(
      `Delete ${countText(events, "event")} of ${countText(sessions, "session")} (${sizeText(sizeBytes)})?`,
      { modal: true, detail: "This cannot be undone. Your consent stays as it is. Export first to keep a copy." },
      confirm,
    );
    return answer === confirm ? this.purgeConfirmed() : null;
  }

  async purgeConfirmed(): Promise<string> {
    const { events, freedBytes, searched, copies, agentSettings } = await runWithProgress("Nexus: deleting", () =>
      this.#telemetry.command(PurgeRequest, {}),
    );
    const proof = searched === 0 ? "" : ` ${proofText(searched, copies)}`;
    const agents = agentSettings === 0 ? "" : ` ${forgottenSettings}`;
    return `Deleted ${countText(events, "event")}. Freed ${sizeText(freedBytes)}.${proof}${agents}`;
  }
}

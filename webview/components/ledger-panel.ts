/** The ledger: one row per request, with its exact body, its receipt, and the result of a verification. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { LedgerRequests, SharingStatus } from "../../shared/protocol/worker.ts";
import { countText, numberText, sizeText } from "../../shared/text/format.ts";
import type { Actions, LedgerVerification, ViewState } from "../state.ts";
import { timeText } from "./definition-list.ts";

type Row = LedgerRequests[number];

const titles: Readonly<Record<Row["kind"], string>> = {
  batch: "Batch",
  enroll: "Enrolment",
  rotate: "New secret",
  keys: "Receipt keys",
  erasure: "Erasure",
  schema: "Schema check",
  key_pinned: "Trusted key",
};

/** Characters of a body to display; the CLI prints the complete one. */
const maxShown = 20_000;

function receiptText({ seq, answerSeq, receipt }: Row, verification: LedgerVerification | null): string {
  if (!receipt) return "–";
  if (verification === null) return "signed";
  const isFaulty = verification.faults.some((fault) => fault.seq === seq || fault.seq === answerSeq);
  return isFaulty ? "✗ not valid" : "✓ verified";
}

function verificationView(verification: LedgerVerification | "empty" | null): TemplateResult | typeof nothing {
  if (verification === null) return nothing;
  if (verification === "empty") return html`<p role="status">The ledger is empty.</p>`;
  const { entries, receipts, erasures, withoutReceipt, faults, head } = verification;
  if (faults.length > 0) {
    return html`<div class="notice warning" role="alert"><div>
      <p>Ledger verification failed: ${countText(faults.length, "fault")}.</p>
      <ul>${faults.slice(0, 10).map(({ seq, message }) => html`<li>Entry ${seq}: ${message}.</li>`)}</ul>
    </div></div>`;
  }
  const ofErasures = erasures === 0 ? "" : ` (${erasures} of erasures)`;
  return html`<p role="status">
    ✓ Ledger verified: ${countText(entries, "entry", "entries")}, ${countText(receipts, "receipt")}${ofErasures}, ${withoutReceipt} accepted without a receipt.
    <span class="quiet">Last digest <code>${head.slice(0, 16)}…</code></span>
  </p>`;
}

function bodyText(body: string, isPretty: boolean): string {
  if (!isPretty) return body;
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

function detailsView(row: Row, model: ViewState, { setState }: Actions): TemplateResult | typeof nothing {
  const { request, isPretty } = model;
  if (request === null || request.seq !== row.seq) return nothing;
  const { body, receipt } = request;
  const text = body === null ? "" : bodyText(body, isPretty);
  const hidden = text.length - maxShown;
  return html`<tr class="details"><td colspan="6">
    <p>To ${row.host}, entry ${row.seq}${row.answerSeq === null ? "" : ` and ${row.answerSeq}`}. ${row.sha256 === null ? nothing : html`SHA-256 <code>${row.sha256}</code>`}</p>
    ${
      body === null
        ? html`<p class="quiet">${row.bytes === 0 ? "The request had no body." : "The body is not stored: it contains a secret, or it was deleted."}</p>`
        : html`<div class="row">
              <button class="second" aria-pressed=${isPretty} @click=${() => setState({ isPretty: !isPretty })}>
                ${isPretty ? "Show the exact bytes" : "Format for reading"}
              </button>
            </div>
            <pre class="bytes" tabindex="0" aria-label="Body of entry ${row.seq}">${text.slice(0, maxShown)}</pre>
            ${hidden > 0 ? html`<p class="quiet">${sizeText(hidden)} more. To print all: <code>nexus ledger show ${row.seq}</code></p>` : nothing}`
    }
    ${
      receipt === null
        ? html`<p class="quiet">No receipt.</p>`
        : html`<p>Receipt, signed with key <code>${receipt.key_id}</code>:</p><pre class="bytes" tabindex="0" aria-label="Receipt of entry ${row.seq}">${receipt.receipt}</pre>`
    }
  </td></tr>`;
}

function tableView(rows: LedgerRequests, model: ViewState, actions: Actions): TemplateResult {
  const { verification, request } = model;
  const check = verification === "empty" ? null : verification;
  const toggle = (row: Row) =>
    request?.seq === row.seq
      ? actions.setState({ request: null })
      : actions.post({ type: "showRequest", seq: row.seq, answerSeq: row.answerSeq });
  if (rows.length === 0) return html`<p class="quiet">Nothing was sent yet.</p>`;
  return html`<div class="scroll"><table>
    <thead><tr>
      <th scope="col">Time</th><th scope="col">Request</th><th class="number" scope="col">Events</th><th class="number" scope="col">Size</th>
      <th scope="col">Result</th><th scope="col">Receipt</th>
    </tr></thead>
    <tbody>${rows.map(
      (row) => html`<tr>
          <td>${timeText(row.tsMs)}</td>
          <td>${
            row.kind === "key_pinned"
              ? titles[row.kind]
              : html`<button class="link" aria-expanded=${request?.seq === row.seq} @click=${() => toggle(row)}>${titles[row.kind]}</button>`
          }</td>
          <td class="number">${row.kind === "batch" ? numberText(row.events) : ""}</td>
          <td class="number">${row.bytes === 0 ? "" : sizeText(row.bytes)}</td>
          <td class="wide">${row.result ?? "no answer"}</td>
          <td>${receiptText(row, check)}</td>
        </tr>
        ${detailsView(row, model, actions)}`,
    )}</tbody>
  </table></div>`;
}

export function ledgerPanel(model: ViewState, sharing: SharingStatus, actions: Actions): TemplateResult {
  const { state, ledger } = model;
  const { post, setState } = actions;
  const busy = state?.busy ?? true;
  const { receipts, rejected } = sharing;
  return html`<section class="panel">
    <h2>Requests</h2>
    ${receipts === null ? nothing : html`<p>${receipts ? "The server signs a receipt for each batch." : "The server does not sign receipts."}</p>`}
    ${rejected > 0 ? html`<p>The server refused ${countText(rejected, "batch", "batches")}; see <span class="path">rejected/</span> in the outbox for the reasons.</p>` : nothing}
    <div class="row">
      ${
        ledger === null
          ? html`<button class="second" ?disabled=${busy} @click=${() => post({ type: "showLedger" })}>Show requests</button>`
          : html`<button class="second" @click=${() => setState({ ledger: null, request: null })}>Hide requests</button>`
      }
      <button class="second" ?disabled=${busy} @click=${() => post({ type: "verifyLedger" })}>Verify ledger</button>
    </div>
    ${verificationView(model.verification)}
    ${ledger === null ? nothing : tableView(ledger, model, actions)}
  </section>`;
}

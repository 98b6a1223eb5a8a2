/**
 * Maps an answer to an outcome and to the sentence that reports it
 * (`docs/reference/wire-protocol.md`, "Status codes"). Login pages, proxies and web filters also
 * send pages, redirects and 4xx, so a refusal is final only with the protocol's JSON. Everything
 * else means "later": nothing is dropped.
 */
import type { HttpFault, HttpResponse } from "../http/http-client.ts";
import type { RequestOutcome } from "../ledger/ledger.ts";
import { readSigned } from "../wire/receipt.ts";

/** Statuses of a final refusal. */
const finalStatuses: ReadonlySet<number> = new Set([400, 410, 422]);
const laterStatuses: ReadonlySet<number> = new Set([408, 425, 429]);
const authorizationStatuses: ReadonlySet<number> = new Set([401, 403]);

/** Returns the `error` of the protocol's JSON; `undefined` if the body is anything else. */
export function protocolError({ body }: Pick<HttpResponse, "body">): string | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    const error = typeof parsed === "object" && parsed !== null ? Reflect.get(parsed, "error") : undefined;
    return typeof error === "string" ? error : undefined;
  } catch {
    return undefined;
  }
}

/** Returns whether the answer is an HTML page, which no server of the protocol sends. */
export function isWebPage({ body, header }: HttpResponse): boolean {
  return /^text\/html\b/i.test(header("content-type") ?? "") || /^\s*<(?:!doctype|html|head|body)\b/i.test(body);
}

export function outcomeOf(answer: HttpResponse): RequestOutcome {
  const { status } = answer;
  if (status >= 200 && status < 300) return isWebPage(answer) ? "later" : "accepted";
  // A proxy may have a size limit of its own. Splitting loses nothing in either case.
  if (status === 413) return "too_large";
  if (status === 409 && readSigned(answer.body) !== undefined) return "already_received";
  if (protocolError(answer) === undefined) return "later";
  if (status === 409) return "already_received";
  if (authorizationStatuses.has(status)) return "not_authorized";
  return finalStatuses.has(status) ? "rejected" : "later";
}

const faultTexts: Readonly<Record<HttpFault, string>> = {
  timeout: "did not answer in time",
  name: "cannot be found: its name does not resolve",
  unreachable: "cannot be reached",
  proxy: "cannot be reached through the proxy",
  tls: "has no valid certificate or does not support TLS 1.3",
  pin: "has a certificate that matches none of the pinned keys (upload_pins)",
  answer: "sent an invalid HTTP response",
  broken: "closed the connection before it answered",
};

/** Only a wrong pin needs the user: expired certificates and captive portals are temporary. */
export const outcomeOfFault = (fault: HttpFault): RequestOutcome => (fault === "pin" ? "failed" : "later");

export const faultText = (host: string, fault: HttpFault): string => `${host} ${faultTexts[fault]}`;

/** Returns why a request did not succeed, as a sentence without its full stop; `null` if it did. */
export function answerText(host: string, outcome: RequestOutcome, answer: HttpResponse): string | null {
  const { status } = answer;
  switch (outcome) {
    case "accepted":
    case "already_received":
      return null;
    case "too_large":
      return `${host} reports that the request is too large (${status})`;
    case "not_authorized":
      return `${host} rejected the token or the signature (${status})`;
    case "rejected":
      return `${host} rejected the request (${status})`;
    default:
      return `${host} ${laterText(answer)} (${status})`;
  }
}

function laterText(answer: HttpResponse): string {
  const { status } = answer;
  if (isWebPage(answer)) return "answered with a web page, perhaps a network login page";
  if (status === 407) return "was not reached: the proxy requires authentication";
  if (laterStatuses.has(status) || status >= 500) return "requested a delay";
  if (status >= 300 && status < 400) return "redirected the request; redirects are not followed";
  return "did not answer as a telemetry server";
}

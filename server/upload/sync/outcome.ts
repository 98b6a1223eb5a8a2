/**
 * Maps an answer to an outcome and to the sentence that reports it
 * (`docs/reference/wire-protocol.md`, "Status codes"). Login pages, proxies and web filters also
 * send pages, redirects and 4xx, so a refusal is final only with the protocol's JSON. Everything
 * else means "later": nothing is dropped.
 */
import { type Message, message } from "../../../shared/protocol/message.ts";
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

const faultMessages: Readonly<Record<HttpFault, (host: string) => Message>> = {
  timeout: (host) => message("{host} did not answer in time.", { host }),
  name: (host) =>
    message("{host} cannot be found: its name does not resolve. Check the network and the upload URL.", { host }),
  unreachable: (host) => message("{host} cannot be reached.", { host }),
  proxy: (host) => message("{host} cannot be reached through the proxy. Check HTTPS_PROXY or http.proxy.", { host }),
  tls: (host) => message("{host} has no valid certificate or does not support TLS 1.3.", { host }),
  pin: (host) => message("{host} has a certificate that matches none of the pinned keys (upload_pins).", { host }),
  answer: (host) => message("{host} sent an invalid HTTP response.", { host }),
  broken: (host) => message("{host} closed the connection before it answered.", { host }),
};

/** Only a wrong pin needs the user: expired certificates and captive portals are temporary. */
export const outcomeOfFault = (fault: HttpFault): RequestOutcome => (fault === "pin" ? "failed" : "later");

export const faultMessage = (host: string, fault: HttpFault): Message => faultMessages[fault](host);

/** Returns why a request did not succeed; `null` if it did. */
export function answerMessage(host: string, outcome: RequestOutcome, answer: HttpResponse): Message | null {
  const { status } = answer;
  switch (outcome) {
    case "accepted":
    case "already_received":
      return null;
    case "too_large":
      return message("{host} reports that the request is too large ({status}).", { host, status });
    case "not_authorized":
      return message("{host} rejected the token or the signature ({status}).", { host, status });
    case "rejected":
      return message("{host} rejected the request ({status}).", { host, status });
    default:
      return laterMessage(host, answer);
  }
}

function laterMessage(host: string, answer: HttpResponse): Message {
  const { status } = answer;
  const values = { host, status };
  if (isWebPage(answer))
    return message("{host} answered with a web page ({status}). If this network requires a login, log in.", values);
  if (status === 407)
    return message(
      "{host} was not reached: the proxy requires authentication ({status}). Check HTTPS_PROXY or http.proxy.",
      values,
    );
  if (laterStatuses.has(status) || status >= 500) return message("{host} is busy or failing ({status}).", values);
  if (status >= 300 && status < 400)
    return message("{host} redirected the request, which is not followed ({status}). Check the upload URL.", values);
  return message("{host} did not answer as a telemetry server ({status}). Check the upload URL.", values);
}

/**
 * Interprets answers about enrolment. Never concludes anything from a page of a proxy or captive
 * portal.
 */

import { maxProofBits } from "../wire/proof-of-work.ts";
import { protocolError } from "./outcome.ts";
import type { UploadResult } from "./request.ts";

/** Statuses of a server without the enrolment route; a proxy may send them too. */
const noRouteStatuses: ReadonlySet<number> = new Set([400, 404, 405, 415, 422, 501]);

/** Returns whether the server does not know the pseudonym. 429: it is also limiting enrolments. */
export const isNotEnrolled = ({ answer }: UploadResult): boolean =>
  (answer?.status === 401 || answer?.status === 429) && protocolError(answer) === "not_enrolled";

/**
 * Returns the zero bits of the demanded proof of work; `undefined` if none or too many are
 * demanded.
 */
export function proofBitsIn({ answer }: UploadResult): number | undefined {
  if (answer?.status !== 429 || protocolError(answer) !== "proof_required") return undefined;
  const bits = Number(answer.header("nexus-proof-bits"));
  return Number.isInteger(bits) && bits >= 1 && bits <= maxProofBits ? bits : undefined;
}

/** Returns whether the answer may come from a server without the enrolment route. */
export const hasNoRoute = ({ status, outcome }: UploadResult): boolean =>
  outcome !== "failed" && status !== null && noRouteStatuses.has(status);

/** Returns whether the server confirmed an enrolment. */
export function isEnrolment({ outcome, answer }: UploadResult): boolean {
  if (outcome !== "accepted") return false;
  try {
    const parsed: unknown = JSON.parse(answer?.body ?? "");
    return typeof parsed === "object" && parsed !== null && Reflect.get(parsed, "enrolled") === true;
  } catch {
    return false;
  }
}

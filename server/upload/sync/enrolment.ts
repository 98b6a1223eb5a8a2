/** Reads what a server's answer says about enrolment. Concludes nothing from a page that a proxy or a portal could give. */

import { maxProofBits } from "../wire/proof-of-work.ts";
import { protocolError } from "./outcome.ts";
import type { UploadResult } from "./request.ts";

/** Statuses of a server without the route for enrolment; a proxy may give them as well. */
const routeless: ReadonlySet<number> = new Set([400, 404, 405, 415, 422, 501]);

/** Whether the server has forgotten the pseudonym, or never knew it. 429: it says so to too many at present. */
export const isNotEnrolled = ({ answer }: UploadResult): boolean =>
  (answer?.status === 401 || answer?.status === 429) && protocolError(answer) === "not_enrolled";

/** How many zero bits of a proof of work the server asks for; `undefined` where it asks for none, or for too much. */
export function proofBitsIn({ answer }: UploadResult): number | undefined {
  if (answer?.status !== 429 || protocolError(answer) !== "proof_required") return undefined;
  const bits = Number(answer.header("nexus-proof-bits"));
  return Number.isInteger(bits) && bits >= 1 && bits <= maxProofBits ? bits : undefined;
}

/** Whether the answer to an enrolment may be that of a server without that route. */
export const hasNoRoute = ({ status, outcome }: UploadResult): boolean =>
  outcome !== "failed" && status !== null && routeless.has(status);

/** Whether the server confirmed an enrolment. */
export function isEnrolment({ outcome, answer: answered }: UploadResult): boolean {
  if (outcome !== "accepted") return false;
  try {
    const answer: unknown = JSON.parse(answered?.body ?? "");
    return typeof answer === "object" && answer !== null && Reflect.get(answer, "enrolled") === true;
  } catch {
    return false;
  }
}

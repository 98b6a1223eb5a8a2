/** Messages in JSON documents are English texts: scripts read them, and their shape is documented. */
import { textOf, textsOf } from "../../shared/protocol/message.ts";
import type { Status, SyncReport } from "../../shared/protocol/worker.ts";

export function statusJson(status: Status): object {
  const { notes, problem, sharing } = status;
  return {
    ...status,
    sharing:
      sharing === null
        ? null
        : {
            ...sharing,
            paused: sharing.paused === null ? null : textOf(sharing.paused),
            failure: sharing.failure === null ? null : textsOf(sharing.failure),
          },
    notes: notes.map((note) => textOf(note)),
    problem: problem === null ? null : { kind: problem.kind, text: textOf(problem.message) },
  };
}

export const reportJson = (report: SyncReport): object => ({
  ...report,
  reason: report.reason === null ? null : textOf(report.reason),
});

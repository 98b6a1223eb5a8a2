/** Why a report is empty, and what to do. */
import type { TelemetryReader } from "../../server/worker/reader.ts";
import { textOf, textsOf } from "../../shared/protocol/message.ts";
import { refusalMessage } from "../../shared/text/sentences.ts";

export function nothingText(reader: TelemetryReader): string {
  const { permission, problem } = reader.status();
  if (problem !== null) return textOf(problem.message);
  if (permission?.mode !== "off") return "No commands in this period.";
  if (permission.consent !== "given") return "Recording is off. To turn it on: nexus telemetry enable";
  return `Recording is off. ${textsOf(permission.refusals.filter(({ reach }) => reach === "all").map(refusalMessage))}`;
}

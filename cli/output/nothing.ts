/** Why a report is empty or no longer grows, and what to do. */
import type { TelemetryReader } from "../../server/worker/reader.ts";
import { textOf, textsOf } from "../../shared/protocol/message.ts";
import { refusalMessage } from "../../shared/text/sentences.ts";
import { print } from "./print.ts";

export function nothingText(reader: TelemetryReader): string {
  const { problem } = reader.status();
  if (problem !== null) return textOf(problem.message);
  return offText(reader) ?? "No commands in this period.";
}

/** Why recording is off, and what to do; `undefined` if it is on. */
export function offText(reader: TelemetryReader): string | undefined {
  const permission = reader.permission();
  if (permission.mode !== "off") return undefined;
  if (permission.consent !== "given") return "Recording is off. To turn it on: nexus enable";
  return `Recording is off. ${textsOf(permission.refusals.filter(({ reach }) => reach === "all").map(refusalMessage))}`;
}

/** Says at the end of a report that nothing is added to it any more. */
export function printIfOff(reader: TelemetryReader): void {
  const text = offText(reader);
  if (text !== undefined) print(`\n${text}`);
}

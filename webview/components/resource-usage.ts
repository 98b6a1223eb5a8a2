/** Panel of the worker's own resource usage: CPU, memory, disk and time per event. */
import { html, type TemplateResult } from "lit-html";
import type { Status } from "../../shared/protocol/worker.ts";
import { durationText, numberText, percentText, sizeText } from "../../shared/text/format.ts";
import { definitionList, timeText } from "./definition-list.ts";

/** A mean of fewer events is not meaningful. */
const minEvents = 10;

function perEvent({ events, recordMs }: NonNullable<Status["resourceUsage"]>): string {
  if (events < minEvents) return "not enough events yet";
  return `${(recordMs / events).toFixed(2)} ms until committed`;
}

export function resourceUsage(
  usage: NonNullable<Status["resourceUsage"]>,
  database: Status["database"],
): TemplateResult {
  const { sinceMs, cpuMs, residentBytes, events } = usage;
  const elapsedMs = Math.max(1, Date.now() - sinceMs);
  return html`<section class="panel">
    <h2>Resource usage</h2>
    <p class="quiet">Worker process of this window, since ${timeText(sinceMs)}.</p>
    ${definitionList([
      ["Processor", `${durationText(cpuMs)}, ${percentText(cpuMs / elapsedMs, 2)} of one core`],
      ["Memory", sizeText(residentBytes)],
      [
        "Disk",
        database === null || database.events === 0
          ? sizeText(database?.sizeBytes ?? 0)
          : `${sizeText(database.sizeBytes)}, ${Math.round(database.sizeBytes / database.events)} bytes per event`,
      ],
      ["Time per event", perEvent(usage)],
      ["Events", numberText(events)],
    ])}
  </section>`;
}

/** What the product itself costs on this machine. */
import { html, type TemplateResult } from "lit";
import type { Status } from "../../shared/protocol/worker.ts";
import { countText, durationText, sizeText } from "../../shared/text/format.ts";
import { definitionList, timeText } from "./definition-list.ts";

/** Fewer tell nothing about one. */
const minEvents = 10;

function perEvent({ events, recordMs }: NonNullable<Status["resourceUsage"]>): string {
  if (events < minEvents) return "too few events yet to tell";
  return `${(recordMs / events).toFixed(2)} ms until it is safely on disk`;
}

export function resourceUsage(
  cost: NonNullable<Status["resourceUsage"]>,
  database: Status["database"],
): TemplateResult {
  const { sinceMs, cpuMs, residentBytes, events } = cost;
  const ranMs = Math.max(1, Date.now() - sinceMs);
  return html`<section class="panel">
    <h2>What the recorder costs</h2>
    <p class="quiet">Measured in the recorder of this window, a process of its own, since ${timeText(sinceMs)}.</p>
    ${definitionList([
      ["Processor", `${durationText(cpuMs)}, ${((100 * cpuMs) / ranMs).toFixed(2)} % of one core`],
      ["Memory", sizeText(residentBytes)],
      [
        "Disk",
        database === null || database.events === 0
          ? sizeText(database?.sizeBytes ?? 0)
          : `${sizeText(database.sizeBytes)}, ${Math.round(database.sizeBytes / database.events)} bytes an event`,
      ],
      ["Time for an event", perEvent(cost)],
      ["Taken", countText(events, "event")],
    ])}
  </section>`;
}

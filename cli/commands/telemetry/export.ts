/** `nexus telemetry export`: exports all stored data to a file. */
import { resolve } from "node:path";
import { type ExportFormat, exportFormats } from "../../../shared/protocol/worker.ts";
import { countText, sizeText } from "../../../shared/text/format.ts";
import { UsageError } from "../../exit.ts";
import { type JsonOption, print, printJson, progressLine } from "../../output/print.ts";
import { withReader } from "../../runtime.ts";

interface ExportOptions extends JsonOption {
  readonly output: string;
  readonly format?: string;
}

function formatOf({ output, format }: ExportOptions): ExportFormat {
  const requested = format ?? exportFormats.find((name) => output.toLowerCase().endsWith(`.${name}`)) ?? "json";
  const known = exportFormats.find((name) => name === requested);
  if (known === undefined)
    throw new UsageError(`Unknown format: ${requested}. Valid values: ${exportFormats.join(", ")}.`);
  return known;
}

export function run(options: ExportOptions): Promise<void> {
  const format = formatOf(options);
  const path = resolve(options.output);
  return withReader(
    async (reader) => {
      const result = await reader.export(path, format);
      progressLine("");
      if (options.json === true) printJson({ version: 1, path, format, ...result });
      else print(`Exported ${countText(result.events, "event")} (${sizeText(result.sizeBytes)}) to ${path}.`);
    },
    {
      exportProgress: ({ done, total }) =>
        progressLine(`Exported ${countText(done, "event")} of ${total.toLocaleString("en-US")}`),
    },
  );
}

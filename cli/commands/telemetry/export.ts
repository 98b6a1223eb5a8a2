/** `nexus telemetry export`: exports all stored data, or some kinds of it, to a file or to standard output. */
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { ExportFile, refuseExisting } from "../../../server/store/export/export-file.ts";
import type { TelemetryReader } from "../../../server/worker/reader.ts";
import { type ExportFormat, type ExportKind, exportFormats, exportKinds } from "../../../shared/protocol/worker.ts";
import { didYouMean } from "../../../shared/text/did-you-mean.ts";
import { numberText, sizeText } from "../../../shared/text/format.ts";
import { exportText } from "../../../shared/text/sentences.ts";
import { UsageError } from "../../exit.ts";
import { type JsonOption, print, printJson, progressLine } from "../../output/print.ts";
import { withFreshReader, withReader } from "../../runtime.ts";

interface Options extends JsonOption {
  readonly output?: string;
  readonly format?: string;
  readonly what?: string;
  readonly force?: boolean;
}

type Counts = Awaited<ReturnType<TelemetryReader["exportTo"]>>;

interface Exported {
  readonly path: string;
  readonly sizeBytes: number;
  readonly counts: Counts;
}

export function run(options: Options): Promise<void> {
  const { output, force = false, json } = options;
  if (isPrometheus(options)) return exportPrometheus(options);
  const toStdout = output === "-" || (output === undefined && !process.stdout.isTTY);
  const format = formatOf(options);
  const what = kindsOf(options, format);
  if (toStdout && format === "csv" && what.length > 1)
    throw new UsageError(`CSV holds one kind. Use --what with one of ${exportKinds.join(", ")}, or --output DIR/.`);
  if (toStdout && json === true) throw new UsageError("--json describes an exported file. Use it with --output FILE.");
  return withReader(
    async (reader) => {
      if (toStdout) {
        await reader.exportTo({ write: writeToStdout }, { what, format });
        progressLine("");
        return;
      }
      const exported =
        format === "csv" && what.length > 1
          ? await exportFolder(reader, folderIn(output), what, force)
          : [await exportFile(reader, resolve(output ?? defaultName(format)), { what, format }, force)];
      progressLine("");
      if (json === true) printJson(jsonOf(exported, format));
      else
        for (const { counts, sizeBytes, path } of exported)
          print(`Exported ${exportText(counts)} (${sizeText(sizeBytes)}) to ${path}.`);
    },
    {
      exportProgress: ({ done, total }) => progressLine(`Exported ${numberText(done)} of ${numberText(total)} rows`),
    },
  );
}

const isPrometheus = ({ output = "", format }: Options): boolean =>
  (format ?? (output.endsWith(".prom") ? "prometheus" : "")) === "prometheus";

/** Totals for the textfile collector; the collector reads whole files, so that the file is replaced at once. */
function exportPrometheus({ output, what = "totals", force = false, json }: Options): Promise<void> {
  if (what.trim() !== "totals") throw new UsageError("The Prometheus format holds totals. Use --what totals.");
  if (json === true) throw new UsageError("--json cannot be used with --format prometheus.");
  return withFreshReader(async (reader) => {
    const text = reader.prometheus();
    if (output === undefined || output === "-") return void (await writeToStdout(text));
    const path = resolve(output);
    const file = new ExportFile(path, force);
    try {
      file.write(text);
      const sizeBytes = file.finish();
      print(`Exported totals (${sizeText(sizeBytes)}) to ${path}.`);
    } catch (error) {
      file.abandon();
      throw error;
    }
  });
}

/** Waits while the reader of the pipe is slower than the database. */
function writeToStdout(text: string): void | Promise<void> {
  if (process.stdout.write(text)) return undefined;
  return new Promise((resume) => process.stdout.once("drain", resume));
}

async function exportFile(
  reader: TelemetryReader,
  path: string,
  options: { readonly what: readonly ExportKind[]; readonly format: ExportFormat },
  force: boolean,
): Promise<Exported> {
  return { path, ...(await reader.export(path, options, force)) };
}

/** One CSV file per kind. */
async function exportFolder(
  reader: TelemetryReader,
  folder: string,
  what: readonly ExportKind[],
  force: boolean,
): Promise<readonly Exported[]> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const files = what.map((kind) => ({ kind, path: join(folder, `${kind}.csv`) }));
  for (const { path } of files) refuseExisting(path, force);
  const exported: Exported[] = [];
  for (const { kind, path } of files) {
    exported.push(await exportFile(reader, path, { what: [kind], format: "csv" }, force));
  }
  return exported;
}

const jsonOf = (exported: readonly Exported[], format: ExportFormat): object => ({
  version: 2,
  format,
  files: exported.map(({ path, sizeBytes, counts }) => ({
    path,
    sizeBytes,
    counts: Object.fromEntries(counts.map(({ kind, rows }) => [kind, rows])),
  })),
});

/** The local date: the file is for a person. */
function defaultName(format: ExportFormat): string {
  const now = new Date();
  const two = (n: number) => String(n).padStart(2, "0");
  return `nexus-export-${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}.${format}`;
}

/** @throws UsageError */
function formatOf({ output = "", format }: Options): ExportFormat {
  const extension = /\.([A-Za-z0-9]{1,8})$/.exec(output)?.[1]?.toLowerCase();
  const requested = format ?? extension ?? "json";
  const known = exportFormats.find((name) => name === requested);
  if (known !== undefined) return known;
  const from = format === undefined ? ` (from ${output}; --format overrides it)` : "";
  throw new UsageError(`Unknown format: ${requested}${from}. Valid values: ${exportFormats.join(", ")}, prometheus.`);
}

/** @throws UsageError */
function kindsOf({ what }: Options, format: ExportFormat): readonly ExportKind[] {
  if (what === undefined) return format === "csv" ? ["events"] : exportKinds;
  if (what.trim() === "all") return exportKinds;
  const names = what.split(",").map((name) => name.trim());
  const unknown = names.find((name) => !exportKinds.some((kind) => kind === name));
  if (unknown !== undefined) {
    const hint = didYouMean(unknown, exportKinds) || ` Valid values: all, ${exportKinds.join(", ")}.`;
    throw new UsageError(`Unknown kind of data: ${unknown}.${hint}`);
  }
  return exportKinds.filter((kind) => names.includes(kind));
}

/** @throws UsageError if the output does not name a folder. */
function folderIn(output: string | undefined): string {
  if (output === undefined || !/[/\\]$/.test(output))
    throw new UsageError("CSV holds one kind of data. For several, name a folder: --output DIR/");
  return resolve(output);
}

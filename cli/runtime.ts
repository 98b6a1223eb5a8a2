/** The parts below the command: the same worker as in the editor, without an editor. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { SelectionError } from "../server/analytics/calendar.ts";
import { systemClock } from "../server/clock.ts";
import { homeFolder } from "../server/config/home.ts";
import { pathsFrom } from "../server/config/paths.ts";
import { type ImportOptions, logFaultText } from "../server/ingest/event-log.ts";
import { TelemetryReader } from "../server/worker/reader.ts";
import type { TelemetryService } from "../server/worker/service.ts";
import type { ExportProgress } from "../shared/protocol/worker.ts";
import { sizeText } from "../shared/text/format.ts";
import { InterruptedError, ReportedError, UnavailableError, UsageError } from "./exit.ts";
import { printError, progressLine } from "./output/print.ts";
import { isAttended } from "./output/terminal.ts";

/** There is no editor whose switches could say no. */
export const noEditor = { telemetry: true, enabled: true, proxy: null };

export const paths = pathsFrom(process.env);

/** The event log of the command itself. */
export const ownLog: string = join(paths.eventLogFolder, "nexus-cli.jsonl");

interface Options {
  readonly exportProgress?: (progress: ExportProgress) => void;
  /** Ctrl-C is for somebody else: the work goes on. */
  readonly ignoresInterrupt?: boolean;
}

/** Runs `work` with what only looks. Its errors become sentences for the user. */
export function withReader<T>(work: (observer: TelemetryReader) => T | Promise<T>, options: Options = {}): Promise<T> {
  return using(TelemetryReader, work, options);
}

/** After a change of the configuration: hooks and SDKs follow it at once. */
export function followConfig(): Promise<void> {
  return withReader(() => undefined);
}

/** What a few runs of the command leave in its own log is not worth an import of its own. Bytes. */
const minOwnLogBytes = 8_192;

/** The same after the event logs were read on, where something new is in them: so that numbers are those of now. */
export function withFreshReader<T>(work: (observer: TelemetryReader) => T | Promise<T>): Promise<T> {
  return withReader(async (observer) => {
    const isBehind = [...observer.unreadLogs()].some(([path, bytes]) => bytes > (path === ownLog ? minOwnLogBytes : 0));
    if (isBehind && process.env["NEXUS_EVENT_LOG"] !== "0") await withService((worker) => importLogs(worker));
    return work(observer);
  });
}

/** Imports the event logs, and shows how far it is. */
export async function importLogs(
  worker: TelemetryService,
  watch: ImportOptions = {},
): ReturnType<TelemetryService["importLogs"]> {
  const progress = (done: number, total: number) =>
    progressLine(`Importing event logs: ${sizeText(done)} of ${sizeText(total)}`);
  const report = await worker.importLogs({ ...watch, progress });
  progressLine("");
  for (const fault of report?.faults ?? []) printError(logFaultText(fault));
  return report;
}

/** Runs `work` with what records, sends and deletes too; loaded only then. */
export async function withService<T>(
  work: (worker: TelemetryService) => T | Promise<T>,
  options: Options = {},
): Promise<T> {
  const { TelemetryService } = await import("../server/worker/service.ts");
  const maintained = async (worker: TelemetryService): Promise<T> => {
    const result = await work(worker);
    await worker.maintain();
    return result;
  };
  return using(TelemetryService, maintained, options);
}

/** What an earlier version left of the connections with agents. What fails is reported by the commands for agents. */
async function refreshAgents(one: TelemetryReader): Promise<void> {
  if (!existsSync(paths.agentFolder)) return;
  const { Connections } = await import("../server/agents/connections.ts");
  try {
    new Connections(paths, homeFolder(), process.env).refresh(one.isDecidedHere());
  } catch {
    // Reported there.
  }
}

type Made<O extends TelemetryReader> = new (...parts: ConstructorParameters<typeof TelemetryReader>) => O;

/** Closes it in the end; Ctrl-C stops it where nothing is half done. */
async function using<O extends TelemetryReader, T>(
  Kind: Made<O>,
  work: (one: O) => T | Promise<T>,
  { exportProgress = () => undefined, ignoresInterrupt = false }: Options,
): Promise<T> {
  const listener = {
    dataChanged: () => undefined,
    problemChanged: () => undefined,
    exportProgress,
    sharingChanged: () => undefined,
  };
  const one = new Kind(paths, process.env, noEditor, systemClock, listener);
  let interrupted = false;
  const interrupt = () => {
    interrupted = true;
    one.close();
  };
  if (!ignoresInterrupt) process.once("SIGINT", interrupt);
  try {
    if (isAttended()) one.bindOldDecision();
    one.keepRecordingState();
    await refreshAgents(one);
    const result = await work(one);
    if (interrupted) throw new InterruptedError();
    return result;
  } catch (error) {
    if (interrupted) throw new InterruptedError();
    if (error instanceof UsageError || error instanceof UnavailableError || error instanceof ReportedError) throw error;
    if (error instanceof SelectionError) throw new UsageError(error.message);
    throw new Error(one.explain(error), { cause: error });
  } finally {
    process.off("SIGINT", interrupt);
    one.close();
  }
}

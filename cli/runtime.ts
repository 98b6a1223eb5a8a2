/** Opens the telemetry reader or service for a command, without an editor. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { SelectionError } from "../server/analytics/calendar.ts";
import { SqlError } from "../server/analytics/sql/check-sql.ts";
import { systemClock } from "../server/clock.ts";
import { homeFolder } from "../server/config/home.ts";
import { pathsFrom } from "../server/config/paths.ts";
import { type ImportOptions, logFaultMessage } from "../server/ingest/event-log.ts";
import { silentListener, TelemetryCore } from "../server/worker/core.ts";
import { TelemetryReader } from "../server/worker/reader.ts";
import type { TelemetryService } from "../server/worker/service.ts";
import { isOptOut } from "../shared/consent/consent.ts";
import { textOf } from "../shared/protocol/message.ts";
import type { ExportProgress } from "../shared/protocol/worker.ts";
import { sizeText } from "../shared/text/format.ts";
import { InterruptedError, ReportedError, UnavailableError, UsageError } from "./exit.ts";
import { printError, progressLine } from "./output/print.ts";
import { isAttended } from "./output/terminal.ts";

/** Editor settings without an editor: none of them forbids anything. */
export const noEditor = { telemetry: true, enabled: true, proxy: null };

export const paths = pathsFrom(process.env);

/** The event log that `self-telemetry.ts` appends to. */
export const ownLog: string = join(paths.eventLogFolder, "nexus-cli.jsonl");

interface Options {
  readonly exportProgress?: (progress: ExportProgress) => void;
  /** Ctrl+C is handled by a child process, so the work continues. */
  readonly ignoresInterrupt?: boolean;
}

/** Runs `work` with a reader, and turns its errors into messages for the user. */
export function withReader<T>(work: (reader: TelemetryReader) => T | Promise<T>, options: Options = {}): Promise<T> {
  return using((core) => work(new TelemetryReader(core)), options);
}

/** Applies a changed configuration to the recording state that hooks and SDKs read. */
export function followConfig(): Promise<void> {
  return withReader(() => undefined);
}

/** A smaller log of the command's own runs is not imported before reading. Bytes. */
const minOwnLogBytes = 8_192;

/** Imports new lines of the event logs if needed, then runs `work` with a reader. */
export function withFreshReader<T>(
  work: (reader: TelemetryReader) => T | Promise<T>,
  options: Options = {},
): Promise<T> {
  return withReader(async (reader) => {
    const isBehind = [...reader.unreadLogs()].some(([path, bytes]) => bytes > (path === ownLog ? minOwnLogBytes : 0));
    if (isBehind && !isOptOut(process.env["NEXUS_EVENT_LOG"])) await withService((service) => importLogs(service));
    return work(reader);
  }, options);
}

/** Imports the event logs with a progress line, and prints files that could not be imported. */
export async function importLogs(
  service: TelemetryService,
  options: ImportOptions = {},
): ReturnType<TelemetryService["importLogs"]> {
  const progress = (done: number, total: number) =>
    progressLine(`Importing event logs: ${sizeText(done)} of ${sizeText(total)}`);
  const report = await service.importLogs({ ...options, progress });
  progressLine("");
  for (const fault of report?.faults ?? []) printError(textOf(logFaultMessage(fault)));
  return report;
}

/** Runs `work` with the service, which also writes and uploads. Loaded only here. */
export async function withService<T>(
  work: (service: TelemetryService, core: TelemetryCore) => T | Promise<T>,
  options: Options = {},
): Promise<T> {
  const { TelemetryService } = await import("../server/worker/service.ts");
  return using(async (core) => {
    const service = new TelemetryService(core);
    try {
      const result = await work(service, core);
      await service.maintain();
      return result;
    } finally {
      service.close();
    }
  }, options);
}

/** Updates agent connections of an earlier version. `nexus agents` reports errors. */
async function refreshAgents(core: TelemetryCore): Promise<void> {
  if (!existsSync(paths.agentFolder)) return;
  const { Connections } = await import("../server/agents/connections.ts");
  try {
    new Connections(paths, homeFolder(), process.env).refresh(core.isDecidedHere());
  } catch {
    // The `nexus agents` commands report it.
  }
}

/** Errors that say everything themselves. */
const reported = [UsageError, UnavailableError, ReportedError, InterruptedError];

/** Opens the core and runs `work`. Ctrl+C closes it early, which stops `work` safely. */
async function using<T>(
  work: (core: TelemetryCore) => T | Promise<T>,
  { exportProgress = () => undefined, ignoresInterrupt = false }: Options,
): Promise<T> {
  const listener = { ...silentListener, exportProgress };
  const core = new TelemetryCore(paths, process.env, noEditor, systemClock, listener);
  let interrupted = false;
  const interrupt = () => {
    interrupted = true;
    core.close();
  };
  if (!ignoresInterrupt) process.once("SIGINT", interrupt);
  try {
    if (isAttended()) core.bindOldDecision();
    core.keepRecordingState();
    await refreshAgents(core);
    const result = await work(core);
    if (interrupted) throw new InterruptedError();
    return result;
  } catch (error) {
    if (interrupted) throw new InterruptedError();
    if (reported.some((kind) => error instanceof kind)) throw error;
    if (error instanceof SelectionError || error instanceof SqlError) throw new UsageError(error.message);
    throw new Error(core.explain(error), { cause: error });
  } finally {
    process.off("SIGINT", interrupt);
    core.close();
  }
}

/**
 * Starts the worker with `vscode-languageclient` and connects to it. A separate bundle, loaded with
 * the first worker.
 *
 * The library's defaults are disabled: it never restarts the worker (the supervisor does), shows no
 * notifications, writes no trace (which would contain raw input) and sends no workspace (ADR 0005).
 */
import { join } from "node:path";
import { LogLevel, type LogOutputChannel } from "vscode";
import {
  CloseAction,
  type DynamicFeature,
  ErrorAction,
  type InitializeParams,
  LanguageClient,
  type LanguageClientOptions,
  ResponseError,
  type StaticFeature,
  TransportKind,
} from "vscode-languageclient/node";
import { type EditorState, flushRuleIn } from "../../shared/protocol/record.ts";
import type { Notification, Request } from "../../shared/protocol/rpc.ts";
import {
  DataChangedNotification,
  ExportProgressNotification,
  ProblemChangedNotification,
  SharingChangedNotification,
} from "../../shared/protocol/worker.ts";
import { workerFlags } from "../../shared/protocol/worker-flags.ts";
import { type WorkerConnection, type WorkerEvents, WorkerRequestError } from "./connection.ts";

const noop = (): void => undefined;
const disposable = { dispose: noop };

/** Discards everything. Its level is never Trace, so the library never traces. */
const silentChannel: LogOutputChannel = {
  name: "Nexus Telemetry worker",
  logLevel: LogLevel.Off,
  onDidChangeLogLevel: () => disposable,
  trace: noop,
  debug: noop,
  info: noop,
  warn: noop,
  error: noop,
  append: noop,
  appendLine: noop,
  replace: noop,
  clear: noop,
  show: noop,
  hide: noop,
  dispose: noop,
};

class QuietClient extends LanguageClient {
  override error(): void {}
  override warn(): void {}
  override info(): void {}

  /** Registers only the features that the library needs to run, and none for documents. */
  override registerFeature(feature: StaticFeature | DynamicFeature<unknown>): void {
    if (typeof Reflect.get(feature, "fillClientCapabilities") === "function") super.registerFeature(feature);
  }

  /** The worker does not need the user's folders. */
  protected override fillInitializeParams(params: InitializeParams): void {
    super.fillInitializeParams(params);
    params.rootPath = null;
    params.rootUri = null;
    params.workspaceFolders = null;
  }
}

interface Program {
  readonly distFolder: string;
  /** Listens for a debugger while the extension host is being debugged. */
  readonly inspect: boolean;
}

/** Starts a worker from `dist/worker/worker.cjs`. @throws if it does not start. */
export async function launchWorker(
  { distFolder, inspect }: Program,
  editor: EditorState,
  events: WorkerEvents,
): Promise<WorkerConnection> {
  let stopping = false;
  const options: LanguageClientOptions = {
    initializationOptions: editor,
    outputChannel: silentChannel,
    traceOutputChannel: silentChannel,
    initializationFailedHandler: () => false,
    errorHandler: {
      error: () => ({ action: ErrorAction.Continue, handled: true }),
      closed: () => {
        if (!stopping) events.ended();
        return { action: CloseAction.DoNotRestart, handled: true };
      },
    },
  };
  const module = join(distFolder, "worker", "worker.cjs");
  const run = { module, transport: TransportKind.ipc, options: { cwd: distFolder, execArgv: [...workerFlags] } };
  const inspectFlags = inspect ? ["--inspect=127.0.0.1:6009"] : [];
  // The library uses `debug` only when the extension host itself is being debugged.
  const debug = { ...run, options: { cwd: distFolder, execArgv: [...workerFlags, ...inspectFlags] } };
  const server = { run, debug };
  const client = new QuietClient("nexus.telemetry.worker", "Nexus Telemetry worker", server, options);
  const listen = <P>({ method, params: validate }: Notification<P>, handler: (params: P) => void) =>
    client.onNotification(method, (params: unknown) => handler(validate(params, method)));
  listen(DataChangedNotification, () => events.dataChanged());
  listen(ExportProgressNotification, (progress) => events.exportProgress(progress));
  listen(SharingChangedNotification, (sharing) => events.sharingChanged(sharing));
  listen(ProblemChangedNotification, ({ problem }) => events.problemChanged(problem));
  await client.start();
  events.flushRule(flushRuleIn(client.initializeResult?.capabilities.experimental));
  return {
    request: async <P, R>({ method, result: validate }: Request<P, R>, params: P): Promise<R> => {
      try {
        return validate(await client.sendRequest(method, params), method);
      } catch (error) {
        throw error instanceof ResponseError && client.isRunning() ? new WorkerRequestError(error.message) : error;
      }
    },
    notify: ({ method }, params) => {
      // Ignored: a worker that is stopping does not need notifications.
      client.sendNotification(method, params).catch(noop);
    },
    stop: async () => {
      stopping = true;
      await client.stop();
    },
  };
}

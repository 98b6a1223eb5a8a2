/**
 * The language client that starts the worker and speaks to it. A bundle of its own, loaded on the first need.
 *
 * The library's own habits are turned off: it restarts nothing (the supervisor does), it shows no notification, it
 * traces nothing whatever the log level (its trace would hold raw input), and it tells the worker no workspace.
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
import type { EditorState } from "../../shared/protocol/record.ts";
import type { Notification, Request } from "../../shared/protocol/rpc.ts";
import {
  DataChangedNotification,
  ExportProgressNotification,
  ProblemChangedNotification,
  SharingChangedNotification,
} from "../../shared/protocol/worker.ts";
import { workerFlags } from "../../shared/protocol/worker-flags.ts";
import { type WorkerConnection, type WorkerEvents, WorkerRequestError } from "./connection.ts";

const nothing = (): void => undefined;
const disposable = { dispose: nothing };

/** A log that keeps nothing and whose level never becomes Trace, so that the library never traces. */
const silence: LogOutputChannel = {
  name: "Nexus Telemetry worker",
  logLevel: LogLevel.Off,
  onDidChangeLogLevel: () => disposable,
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  append: nothing,
  appendLine: nothing,
  replace: nothing,
  clear: nothing,
  show: nothing,
  hide: nothing,
  dispose: nothing,
};

class QuietClient extends LanguageClient {
  override error(): void {}
  override warn(): void {}
  override info(): void {}

  /** Of what an editor and a language server say of documents only that is there without which the library does not run. */
  override registerFeature(feature: StaticFeature | DynamicFeature<unknown>): void {
    if (typeof Reflect.get(feature, "fillClientCapabilities") === "function") super.registerFeature(feature);
  }

  /** The worker needs no folder of the user's. */
  protected override fillInitializeParams(params: InitializeParams): void {
    super.fillInitializeParams(params);
    params.rootPath = null;
    params.rootUri = null;
    params.workspaceFolders = null;
  }
}

/** Starts a worker from `dist/worker/worker.cjs`. Rejects where it does not come up. */
export async function launchWorker(
  distFolder: string,
  editor: EditorState,
  events: WorkerEvents,
): Promise<WorkerConnection> {
  let stopping = false;
  const options: LanguageClientOptions = {
    initializationOptions: editor,
    outputChannel: silence,
    traceOutputChannel: silence,
    initializationFailedHandler: () => false,
    errorHandler: {
      error: () => ({ action: ErrorAction.Continue, handled: true }),
      closed: () => {
        if (!stopping) events.ended();
        return { action: CloseAction.DoNotRestart, handled: true };
      },
    },
  };
  const server = {
    module: join(distFolder, "worker", "worker.cjs"),
    transport: TransportKind.ipc,
    options: { cwd: distFolder, execArgv: [...workerFlags] },
  };
  const client = new QuietClient("nexus.telemetry.worker", "Nexus Telemetry worker", server, options);
  const listen = <P>({ method, params: check }: Notification<P>, handler: (params: P) => void) =>
    client.onNotification(method, (params: unknown) => handler(check(params, method)));
  listen(DataChangedNotification, () => events.dataChanged());
  listen(ExportProgressNotification, (progress) => events.exportProgress(progress));
  listen(SharingChangedNotification, (sharing) => events.sharingChanged(sharing));
  listen(ProblemChangedNotification, ({ problem }) => events.problemChanged(problem));
  await client.start();
  return {
    request: async <P, R>({ method, result: check }: Request<P, R>, params: P): Promise<R> => {
      try {
        return check(await client.sendRequest(method, params), method);
      } catch (error) {
        throw error instanceof ResponseError && client.isRunning() ? new WorkerRequestError(error.message) : error;
      }
    },
    notify: ({ method }, params) => {
      // A worker that is just ending needs no news.
      client.sendNotification(method, params).catch(nothing);
    },
    stop: async () => {
      stopping = true;
      await client.stop();
    },
  };
}

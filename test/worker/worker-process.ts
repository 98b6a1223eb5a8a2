/** The built worker as the editor starts it: a child process with Node IPC. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import {
  createMessageConnection,
  IPCMessageReader,
  IPCMessageWriter,
  type MessageConnection,
} from "vscode-languageserver/node";
import { displayedNotice } from "../../server/config/consent-log.ts";
import type { EditorState } from "../../shared/protocol/record.ts";
import type { Request } from "../../shared/protocol/rpc.ts";
import type { Validated } from "../../shared/protocol/validate.ts";
import { GiveConsentRequest } from "../../shared/protocol/worker.ts";
import { workerFlags } from "../../shared/protocol/worker-flags.ts";
import { categories } from "../../shared/schema/categories.ts";

const module = fileURLToPath(new URL("../../dist/worker/worker.cjs", import.meta.url));

export interface WorkerSetting {
  /** The user's home folder. */
  readonly home: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly editor?: EditorState;
  /** Runs the worker as another user. */
  readonly uid?: number;
}

export class WorkerProcess {
  readonly process: ChildProcess;
  readonly connection: MessageConnection;
  readonly notifications: { readonly method: string; readonly params: unknown }[] = [];
  output = "";

  private constructor(child: ChildProcess) {
    this.process = child;
    this.connection = createMessageConnection(new IPCMessageReader(child), new IPCMessageWriter(child));
    this.connection.onUnhandledNotification(({ method, params }) => this.notifications.push({ method, params }));
    child.stdout?.on("data", (chunk) => {
      this.output += chunk;
    });
    child.stderr?.on("data", (chunk) => {
      this.output += chunk;
    });
    this.connection.listen();
  }

  static async start({ home, env = {}, editor = { telemetry: true, enabled: true, proxy: null }, uid }: WorkerSetting) {
    const { PATH = "" } = process.env;
    const child = fork(module, ["--node-ipc", `--clientProcessId=${process.pid}`], {
      env: { PATH, HOME: home, ...env },
      silent: true,
      execArgv: [...workerFlags],
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
    const worker = new WorkerProcess(child);
    onTestFinished(() => worker.kill());
    await worker.connection.sendRequest("initialize", {
      processId: process.pid,
      rootUri: null,
      capabilities: {},
      initializationOptions: editor,
    });
    await worker.connection.sendNotification("initialized", {});
    return worker;
  }

  async request<P, R>({ method, result: check }: Request<P, R>, params: P): Promise<R> {
    return check(await this.connection.sendRequest(method, params), method);
  }

  /** Gives consent to all categories, as the dashboard does. */
  consent(part: Partial<Validated<(typeof GiveConsentRequest)["params"]>> = {}) {
    return this.request(GiveConsentRequest, {
      mode: "local",
      collect: categories,
      share: [],
      destination: null,
      automatic: false,
      schema: 1,
      earlierEvents: false,
      notice: displayedNotice,
      via: "vscode_page",
      ...part,
    });
  }

  /** Stops the worker as the editor does. */
  async stop(): Promise<void> {
    const exited = once(this.process, "exit");
    await this.connection.sendRequest("shutdown");
    await this.connection.sendNotification("exit");
    await exited;
  }

  /** Kills the worker, as a crash does. */
  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const exited = once(this.process, "exit");
    this.process.kill("SIGKILL");
    await exited;
    this.connection.dispose();
  }
}

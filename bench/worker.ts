/** The built worker as the editor starts it, for measurements across the process boundary. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  createMessageConnection,
  IPCMessageReader,
  IPCMessageWriter,
  type MessageConnection,
} from "vscode-languageserver/node";
import { displayedNotice } from "../server/config/consent-log.ts";
import type { Request } from "../shared/protocol/rpc.ts";
import { GiveConsentRequest } from "../shared/protocol/worker.ts";
import { workerFlags } from "../shared/protocol/worker-flags.ts";
import { categories } from "../shared/schema/categories.ts";

const bundle = fileURLToPath(new URL("../dist/worker/worker.cjs", import.meta.url));

export const editor = { telemetry: true, enabled: true, proxy: null };

/** Consent to all categories. */
export const decision = {
  mode: "local",
  collect: categories,
  share: [],
  destination: null,
  automatic: false,
  schema: 1,
  earlierEvents: false,
  notice: displayedNotice,
  via: "vscode_page",
} as const;

export class BenchWorker {
  readonly connection: MessageConnection;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.connection = createMessageConnection(new IPCMessageReader(child), new IPCMessageWriter(child));
    this.connection.listen();
  }

  static async start(home: string, env: Readonly<Record<string, string>> = {}): Promise<BenchWorker> {
    const { PATH = "" } = process.env;
    const args = ["--node-ipc", `--clientProcessId=${process.pid}`];
    const worker = new BenchWorker(
      fork(bundle, args, { env: { PATH, HOME: home, ...env }, silent: true, execArgv: [...workerFlags] }),
    );
    const params = { processId: process.pid, rootUri: null, capabilities: {}, initializationOptions: editor };
    await worker.connection.sendRequest("initialize", params);
    await worker.connection.sendNotification("initialized", {});
    await worker.connection.sendRequest(GiveConsentRequest.method, decision);
    return worker;
  }

  async ask<P, R>({ method, result: check }: Request<P, R>, params: P): Promise<R> {
    return check(await this.connection.sendRequest(method, params), method);
  }

  /**
   * Returns a value of /proc/PID/status in bytes: `VmHWM` is the peak, `RssAnon` the current
   * private memory.
   */
  memory(name: "VmHWM" | "RssAnon" | "VmRSS"): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, "utf8");
    return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) * 1_024;
  }

  async end(): Promise<void> {
    const exited = once(this.#child, "exit");
    this.#child.disconnect();
    await exited;
    this.connection.dispose();
  }
}

/** `nexus-cloud serve` in a child process on a free port. */
import { type ChildProcess, spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { type EndSignal, endChild } from "./end-child.ts";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));

export class CloudProcess {
  readonly url: string;
  readonly operatorUrl: string;
  readonly #process: ChildProcess;
  /** Resolves with stdout and stderr when the process has exited. */
  readonly output: Promise<string>;

  private constructor([url, operatorUrl]: readonly [string, string], child: ChildProcess, output: Promise<string>) {
    this.url = url;
    this.operatorUrl = operatorUrl;
    this.#process = child;
    this.output = output;
  }

  /** Resolves when the server listens. @throws if it exits instead. */
  static async start(env: Readonly<Record<string, string>>): Promise<CloudProcess> {
    const defaults = { NEXUS_CLOUD_PORT: "0", NEXUS_CLOUD_REQUESTS_PER_MINUTE: "1000000" };
    const child = spawn(process.execPath, [main, "serve"], {
      env: { ...process.env, ...defaults, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const output = Promise.all([text(child.stdout), text(child.stderr)]).then((texts) => texts.join("\n"));
    const urls = await new Promise<readonly [string, string]>((resolve, reject) => {
      let printed = "";
      child.stdout.on("data", (chunk) => {
        printed += chunk;
        const [url, , operator] = [...printed.matchAll(/http:\/\/[\d.]+:\d+(?=\. |\/)/g)].map(([text]) => text);
        if (url !== undefined && operator !== undefined) resolve([url, operator]);
      });
      child.once("exit", () => void output.then((all) => reject(new Error(`nexus-cloud exited:\n${all}`))));
    });
    return new CloudProcess(urls, child, output);
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Reads a metric; `NaN` if it does not exist. */
  async metric(name: string): Promise<number> {
    const lines = (await (await fetch(`${this.operatorUrl}/metrics`)).text()).split("\n");
    return Number(lines.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1) ?? Number.NaN);
  }

  /** Sends the signal and resolves with the exit code. */
  end(signal: EndSignal): Promise<number | null> {
    return endChild(this.#process, signal);
  }
}

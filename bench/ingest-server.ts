/** nexus-cloud in a process of its own for a bench, and what it says of itself. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Sender } from "../cloud/test/sender.ts";

const main = fileURLToPath(new URL("../cloud/main.ts", import.meta.url));
export const perBatch = 1_000;

export class IngestServer {
  readonly sender: Sender;
  readonly #child: ChildProcess;
  readonly #data: string;

  private constructor(sender: Sender, child: ChildProcess, data: string) {
    this.sender = sender;
    this.#child = child;
    this.#data = data;
  }

  static async start(more: Readonly<Record<string, string>> = {}): Promise<IngestServer> {
    const data = mkdtempSync(join(tmpdir(), "nexus-bench-"));
    const own = { NEXUS_CLOUD_DATA: data, NEXUS_CLOUD_PORT: "0", NEXUS_CLOUD_REQUESTS_PER_MINUTE: "1000000" };
    const env = { ...process.env, ...own, ...more };
    const child = spawn(process.execPath, [main, "serve"], { env, stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    while (!said.includes("Ctrl-C")) said += (await once(child.stdout, "data"))[0];
    const sender = new Sender(/http:\/\/[\d.]+:\d+/.exec(said)?.[0] ?? "");
    await sender.enroll();
    return new IngestServer(sender, child, data);
  }

  batches(count: number, events = perBatch): readonly string[] {
    const batch = () => this.sender.batch(Array.from({ length: events }, () => this.sender.event()));
    return Array.from({ length: count }, batch);
  }

  /** A number of its metrics. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.sender.url}/metrics`)).text();
    return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1]);
  }

  /** Resolves when all that was accepted is in the warehouse. */
  async emptied(): Promise<void> {
    while ((await this.metric("nexus_waiting_bytes")) > 0);
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await ended;
    rmSync(this.#data, { recursive: true, force: true });
  }
}

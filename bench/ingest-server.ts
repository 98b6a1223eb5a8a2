/** nexus-cloud in a child process for benchmarks, with a sender. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CloudProcess } from "../cloud/test/cloud-process.ts";
import { Sender } from "../cloud/test/sender.ts";

export const perBatch = 1_000;

export class IngestServer {
  readonly sender: Sender;
  readonly #served: CloudProcess;
  readonly #data: string;

  private constructor(sender: Sender, served: CloudProcess, data: string) {
    this.sender = sender;
    this.#served = served;
    this.#data = data;
  }

  static async start(more: Readonly<Record<string, string>> = {}): Promise<IngestServer> {
    const data = mkdtempSync(join(tmpdir(), "nexus-bench-"));
    const served = await CloudProcess.start({ NEXUS_CLOUD_DATA: data, ...more });
    const sender = new Sender(served.url);
    await sender.enroll();
    return new IngestServer(sender, served, data);
  }

  batches(count: number, events = perBatch): readonly string[] {
    const batch = () => this.sender.batch(Array.from({ length: events }, () => this.sender.event()));
    return Array.from({ length: count }, batch);
  }

  /** Returns the value of a Prometheus metric. */
  metric(name: string): Promise<number> {
    return this.#served.metric(name);
  }

  /** Resolves when all accepted events are in the warehouse. */
  async emptied(): Promise<void> {
    while ((await this.metric("nexus_waiting_bytes")) > 0);
  }

  async stop(): Promise<void> {
    await this.#served.end("SIGTERM");
    rmSync(this.#data, { recursive: true, force: true });
  }
}

/**
 * A process with ClickHouse's HTTP interface (`clickhouse-front.ts`) that can be killed and
 * restarted.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { endChild } from "./end-child.ts";

const program = fileURLToPath(new URL("clickhouse-front.ts", import.meta.url));

export class ClickHouseServer {
  readonly folder = mkdtempSync(join(tmpdir(), "nexus-clickhouse-"));
  #process: ChildProcess | undefined;
  #port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const args = this.#port === 0 ? [] : [String(this.#port)];
    const child = spawn(process.execPath, [program, this.folder, ...args], { stdio: ["ignore", "pipe", "inherit"] });
    this.#process = child;
    const [port] = await once(child.stdout, "data");
    this.#port = Number(String(port).trim());
  }

  async kill(): Promise<void> {
    await endChild(this.#process, "SIGKILL");
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

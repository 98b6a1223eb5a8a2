/**
 * Writers killed at random moments: every acknowledged event is stored once, and the rollups are
 * correct.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../server/clock.ts";
import { immediately } from "../../server/store/driver/driver.ts";
import { uuidText } from "../../server/store/events/uuid-bytes.ts";
import { canonicalRollups, recountAll } from "../../server/store/rollups/rollups.ts";
import { Store } from "../../server/store/store.ts";
import { productInfo } from "../../server/worker/product-info.ts";
import { tempFolder } from "../fixtures/temp-folder.ts";
import { bundleProgram } from "./bundle.ts";

let writer = "";

beforeAll(async () => {
  writer = await bundleProgram("writer");
});

/** Running writers. A failed test may leave some, even stopped ones, which are killed after it. */
const running = new Set<Writer>();
afterEach(() => Promise.all([...running].map((writer) => writer.kill())));

class Writer {
  readonly acknowledged: string[] = [];
  readonly errors: string[] = [];
  readonly #process: ChildProcess;
  readonly #waiters: { readonly lines: number; readonly done: () => void }[] = [];
  #lines = 0;

  constructor(file: string, days: number, ...more: readonly string[]) {
    this.#process = spawn(process.execPath, [writer, file, String(days), ...more], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const { stdout } = this.#process;
    if (stdout === null) throw new Error("no output");
    createInterface({ input: stdout }).on("line", (line) => this.#read(line));
    running.add(this);
  }

  /** Resolves after a number of further lines of output. */
  printsLines(more: number): Promise<void> {
    return new Promise((done) => {
      this.#waiters.push({ lines: this.#lines + more, done });
      this.#wake();
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  async kill(): Promise<void> {
    const closed = once(this.#process, "close");
    this.#process.kill("SIGKILL");
    await closed;
    running.delete(this);
  }

  #read(line: string): void {
    // A line that the kill truncated acknowledges nothing.
    const { stored, error } = parsed(line);
    if (stored !== undefined) this.acknowledged.push(...stored);
    if (error !== undefined) this.errors.push(error);
    this.#lines += 1;
    this.#wake();
  }

  #wake(): void {
    for (const { lines, done } of this.#waiters) if (this.#lines >= lines) done();
  }
}

function parsed(line: string): { stored?: string[]; error?: string } {
  try {
    return JSON.parse(line);
  } catch {
    return {};
  }
}

/** Compares the stored events with the acknowledged ones, and the rollups with a recount. */
function check(file: string, writers: readonly Writer[]): void {
  const store = new Store(file, productInfo, systemClock);
  store.withExistingDatabase((connection) => {
    expect(connection.prepare("PRAGMA integrity_check").all()).toEqual([{ integrity_check: "ok" }]);
    const ids = connection
      .prepare("SELECT event_id FROM events")
      .all()
      .map((row) => uuidText(row["event_id"]));
    expect(new Set(ids).size).toBe(ids.length);
    const stored = new Set(ids);
    const acknowledged = writers.flatMap((writer) => writer.acknowledged);
    expect(acknowledged.filter((id) => !stored.has(id))).toEqual([]);
    const rollups = () => canonicalRollups(connection);
    const before = rollups();
    expect(before.length).toBeGreaterThan(0);
    // The exception rolls the recount back.
    expect(() =>
      immediately(connection, () => {
        recountAll(connection);
        expect(before).toEqual(rollups());
        throw new Error("rollback");
      }),
    ).toThrow("rollback");
    const counted = connection.prepare("SELECT sum(received) n FROM streams").get()?.["n"];
    expect(counted).toBe(ids.length);
  });
  store.close();
  expect(writers.flatMap(({ errors }) => errors)).toEqual([]);
}

describe("invariant: never-lost-never-twice", () => {
  it("keeps all acknowledged events of writers killed 200 times at random moments", async () => {
    const file = join(tempFolder(), "telemetry.db");
    const writers: Writer[] = [];
    // Two at a time, each killed during its first commits.
    for (let round = 0; round < 100; round += 1) {
      const pair = [new Writer(file, 40), new Writer(file, 3)];
      writers.push(...pair);
      await Promise.all(
        pair.map(async (child, n) => {
          await child.printsLines(1 + ((round * 7 + n * 3) % 9));
          await child.kill();
        }),
      );
    }
    expect(writers).toHaveLength(200);
    check(file, writers);
  });

  it("keeps all acknowledged events of eight simultaneous writers, some stopped or killed", async () => {
    const file = join(tempFolder(), "telemetry.db");
    const writers = Array.from({ length: 8 }, (_, n) => new Writer(file, n, "patient"));
    await Promise.all(writers.map((child) => child.printsLines(3)));
    const [first, second, killed, ...others] = writers;
    for (const child of [first, second]) child?.signal("SIGSTOP");
    await killed?.kill();
    // A stopped writer may hold the lock: then the others print that they wait, and write after
    // SIGCONT.
    await Promise.all(others.map((child) => child.printsLines(2)));
    for (const child of [first, second]) child?.signal("SIGCONT");
    await Promise.all([first, second, ...others].map((child) => child?.printsLines(10)));
    await Promise.all([first, second, ...others].map((child) => child?.kill()));
    check(file, writers);
  });
});

/** Writers killed at any moment: what was promised is there, once, and the rollups are true. */
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

/** Those that run; one that a failed test left, stopped perhaps, is ended too. */
const running = new Set<Writer>();
afterEach(() => Promise.all([...running].map((one) => one.kill())));

class Writer {
  readonly promised: string[] = [];
  readonly errors: string[] = [];
  readonly #process: ChildProcess;
  readonly #waiting: { readonly lines: number; readonly done: () => void }[] = [];
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

  /** Resolves once it has said so many things more. */
  says(more: number): Promise<void> {
    return new Promise((done) => {
      this.#waiting.push({ lines: this.#lines + more, done });
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
    // A line that the end cut short promised nothing that could be read.
    const { stored, error } = parsed(line);
    if (stored !== undefined) this.promised.push(...stored);
    if (error !== undefined) this.errors.push(error);
    this.#lines += 1;
    this.#wake();
  }

  #wake(): void {
    for (const { lines, done } of this.#waiting) if (this.#lines >= lines) done();
  }
}

function parsed(line: string): { stored?: string[]; error?: string } {
  try {
    return JSON.parse(line);
  } catch {
    return {};
  }
}

/** Compares what is there with what was promised, and the rollups with the events. */
function check(file: string, writers: readonly Writer[]): void {
  const store = new Store(file, productInfo, systemClock);
  store.withExistingDatabase((connection) => {
    expect(connection.prepare("PRAGMA integrity_check").all()).toEqual([{ integrity_check: "ok" }]);
    const ids = connection
      .prepare("SELECT event_id FROM events")
      .all()
      .map((row) => uuidText(row["event_id"]));
    expect(new Set(ids).size).toBe(ids.length);
    const there = new Set(ids);
    const promised = writers.flatMap((one) => one.promised);
    expect(promised.filter((id) => !there.has(id))).toEqual([]);
    const rollups = () => canonicalRollups(connection);
    const kept = rollups();
    expect(kept.length).toBeGreaterThan(0);
    expect(() =>
      immediately(connection, () => {
        recountAll(connection);
        expect(kept).toEqual(rollups());
        throw new Error("only looked at");
      }),
    ).toThrow("only looked at");
    const counted = connection.prepare("SELECT sum(received) n FROM streams").get()?.["n"];
    expect(counted).toBe(ids.length);
  });
  store.close();
  expect(writers.flatMap(({ errors }) => errors)).toEqual([]);
}

describe("invariant: never-lost-never-twice", () => {
  it("a writer killed 200 times at any moment loses nothing it promised", async () => {
    const file = join(tempFolder(), "telemetry.db");
    const writers: Writer[] = [];
    // Two at a time, each killed somewhere in its first commits.
    for (let round = 0; round < 100; round += 1) {
      const pair = [new Writer(file, 40), new Writer(file, 3)];
      writers.push(...pair);
      await Promise.all(
        pair.map(async (one, n) => {
          await one.says(1 + ((round * 7 + n * 3) % 9));
          await one.kill();
        }),
      );
    }
    expect(writers).toHaveLength(200);
    check(file, writers);
  });

  it("eight processes write at once, stopped and killed among them: nothing lost, nothing twice", async () => {
    const file = join(tempFolder(), "telemetry.db");
    const writers = Array.from({ length: 8 }, (_, n) => new Writer(file, n, "patient"));
    await Promise.all(writers.map((one) => one.says(3)));
    const [first, second, killed, ...others] = writers;
    for (const one of [first, second]) one?.signal("SIGSTOP");
    await killed?.kill();
    // One that is stopped may hold the lock: then the others say that they wait for it, and write when it goes on.
    await Promise.all(others.map((one) => one.says(2)));
    for (const one of [first, second]) one?.signal("SIGCONT");
    await Promise.all([first, second, ...others].map((one) => one?.says(10)));
    await Promise.all([first, second, ...others].map((one) => one?.kill()));
    check(file, writers);
  });
});

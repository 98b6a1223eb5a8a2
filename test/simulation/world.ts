/**
 * The built product in simulated time: worker, CLI, event logs, and a server that is not always up.
 */
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { v4, v7 } from "uuid";
import { expect } from "vitest";
import { databaseSize } from "../../server/store/database.ts";
import type { Connection } from "../../server/store/driver/driver.ts";
import { openWithDriver } from "../../server/store/driver/select-driver.ts";
import { uuidText } from "../../server/store/events/uuid-bytes.ts";
import { migrate } from "../../server/store/migrations/migrate.ts";
import { lines, verify } from "../../server/upload/ledger/ledger.ts";
import { RecordEventsRequest } from "../../shared/protocol/record.ts";
import { PurgeRequest, type SyncReport, SyncRequest } from "../../shared/protocol/worker.ts";
import { categories } from "../../shared/schema/categories.ts";
import { markRaw } from "../../shared/schema/raw.ts";
import { nexus } from "../fixtures/run-cli.ts";
import { tempFolder } from "../fixtures/temp-folder.ts";
import { UsageServer } from "../fixtures/usage-server.ts";
import { WorkerProcess } from "../worker/worker-process.ts";
import { dayMs, type Known, Model } from "./model.ts";
import type { Random } from "./random.ts";

const preload = join(import.meta.dirname, "..", "fixtures", "set-clock.cjs");
/** In the future, so that timestamps of the machine's real clock are older. */
const startMs = Date.UTC(2027, 2, 1, 10);
/** Maximum attempts of a sync while another one is running. */
const maxAttempts = 40;

export class World {
  readonly home = tempFolder();
  readonly server: UsageServer;
  readonly model = new Model();
  readonly #random: Random;
  readonly #clockFile = join(tempFolder(), "clock");
  #worker: WorkerProcess | undefined;
  #session = v4();
  #seq = 0;
  /** Error of the machine's clock. */
  #clockErrorMs = 0;
  #day = 0;
  #isOn = true;
  #backup: string | undefined;
  /** Whether the database is new: sharing restarts only with the next sync. */
  #isNew = false;

  private constructor(server: UsageServer, random: Random) {
    this.server = server;
    this.#random = random;
    server.behave = (_, response) => {
      if (!this.#isOn) response.destroy();
      return !this.#isOn;
    };
  }

  /** Creates a user who shares from the first day, with a database of an older version. */
  static async begin(random: Random): Promise<World> {
    const world = new World(await UsageServer.start(), random);
    world.#setClock();
    mkdirSync(join(world.home, "nexus", "state", "events"), { recursive: true, mode: 0o700 });
    const connection = openWithDriver(world.#database, { readOnly: false, busyTimeoutMs: 0 });
    connection.exec("PRAGMA auto_vacuum = INCREMENTAL");
    migrate(connection, 4);
    connection.close();
    world.configure();
    const worker = await world.worker();
    const destination = new URL(world.server.url).href;
    await worker.consent({ mode: "share", share: categories, destination, schema: 2 });
    return world;
  }

  get #database(): string {
    return join(this.home, "nexus", "state", "telemetry.db");
  }

  get #logs(): string {
    return join(this.home, "nexus", "state", "events");
  }

  get day(): number {
    return this.#day;
  }

  /** The correct time, in milliseconds since 1970. */
  get nowMs(): number {
    return startMs + this.#day * dayMs + (Date.now() % 60_000);
  }

  /** The time of the machine's clock, in milliseconds since 1970. */
  get clockMs(): number {
    return Date.now() + Number(readFileSync(this.#clockFile, "utf8"));
  }

  #setClock(): void {
    writeFileSync(this.#clockFile, String(startMs + this.#day * dayMs + this.#clockErrorMs - Date.now()));
  }

  nextDay(): void {
    this.#day += 1;
    this.#setClock();
  }

  async setWrong(ms: number): Promise<void> {
    this.#clockErrorMs = ms;
    this.#setClock();
  }

  setServer(isOn: boolean): void {
    this.#isOn = isOn;
  }

  configure(extra = ""): void {
    const folder = join(this.home, ".config", "nexus");
    mkdirSync(folder, { recursive: true });
    const text = `[telemetry]\nupload_url = "${this.server.url}"\nupload_schema = 2\n${extra}`;
    writeFileSync(join(folder, "config.toml"), text);
  }

  get #env(): Readonly<Record<string, string>> {
    return { NODE_OPTIONS: `--require ${preload}`, NEXUS_TEST_CLOCK: this.#clockFile, TZ: "UTC" };
  }

  async worker(): Promise<WorkerProcess> {
    this.#worker ??= await WorkerProcess.start({ home: this.home, env: this.#env });
    return this.#worker;
  }

  /** Closes the window; the next one has another session. */
  async endWorker(): Promise<void> {
    await this.#worker?.kill();
    this.#worker = undefined;
    this.#session = v4();
    this.#seq = 0;
  }

  async command(...args: readonly string[]): Promise<string> {
    const { code, out, err } = await nexus(this.home, { ...this.#env, NEXUS_EVENT_LOG: "1" }, ...args);
    if (code !== 0 && code !== 3) throw new Error(`nexus ${args.join(" ")} ended with ${code}: ${err}`);
    return out;
  }

  /** Records events of the window. Resolves after they are acknowledged. */
  async record(count: number, sharing: Known["sharing"] = "must"): Promise<void> {
    const worker = await this.worker();
    const events = Array.from({ length: count }, () => this.#event(sharing));
    const raw = events.map(({ id, tsMs }) => {
      this.#seq += 1;
      return markRaw({
        id,
        event_type: "agent_event",
        ts: tsMs,
        utc_offset_min: 0,
        session_id: this.#session,
        seq: this.#seq,
        source: "vscode_terminal",
        stream: "tool",
        tool_name: "run_terminal_cmd",
        tool_phase: "start",
        command_line: "git push",
      });
    });
    const outcome = await worker.request(RecordEventsRequest, { events: raw });
    expect(outcome).toMatchObject({ outcome: "stored", stored: count });
    this.model.record(events);
  }

  /** Appends lines to another tool's event log, sometimes with a damaged one. */
  append(count: number): void {
    const events = Array.from({ length: count }, () => this.#event("must"));
    const session_id = v4();
    const text = events.map(({ id, tsMs }) =>
      JSON.stringify({
        id,
        ts: tsMs,
        utc_offset_min: 0,
        session_id,
        source: "python_sdk",
        event_type: "command_started",
        command_path: "npm test",
      }),
    );
    if (this.#random.chance(0.2)) text.push("damaged");
    appendFileSync(join(this.#logs, "python-sdk.jsonl"), `${text.join("\n")}\n`);
    this.model.record(events);
  }

  /** Returns an event with the time of the machine's clock. */
  #event(sharing: Known["sharing"]): Known {
    const tsMs = this.clockMs + 1;
    return { id: v7({ msecs: tsMs }), tsMs, recordedMs: this.nowMs, sharing: this.#isNew ? "may" : sharing };
  }

  /** Copies the event logs, as a backup does. */
  backUp(): void {
    this.#backup = tempFolder();
    cpSync(this.#logs, this.#backup, { recursive: true });
  }

  /** Restores the copy. */
  restore(): void {
    if (this.#backup !== undefined) cpSync(this.#backup, this.#logs, { recursive: true });
  }

  async sync(byCommand: boolean): Promise<SyncReport> {
    this.#isNew = false;
    const byWorker = async () => (await this.worker()).request(SyncRequest, {});
    const withCommand = async () => JSON.parse(await this.command("sync", "--json")) as SyncReport;
    let report = await (byCommand ? withCommand() : byWorker());
    // The worker may be retrying after a backoff; then another sync returns "busy".
    for (let attempt = 0; report.outcome === "busy" && attempt < maxAttempts; attempt += 1)
      report = await withCommand();
    return report;
  }

  async purge(): Promise<void> {
    await (await this.worker()).request(PurgeRequest, {});
    this.model.purge(this.arrived);
  }

  /** Deletes the database while no process is running. */
  async loseDatabase(): Promise<void> {
    await this.endWorker();
    for (const suffix of ["", "-wal", "-shm"]) rmSync(`${this.#database}${suffix}`, { force: true });
    this.model.forgetLocal(this.arrived);
    this.#isNew = true;
  }

  get arrived(): ReadonlySet<string> {
    // The CLI records its own runs, which are not part of the model.
    const cli = JSON.stringify("nexus_cli");
    return new Set(
      [...this.server.events].filter(([, event]) => !JSON.stringify(event).includes(cli)).map(([id]) => id),
    );
  }

  get databaseBytes(): number {
    return databaseSize(this.#database);
  }

  /**
   * Returns all differences from the model, as sentences. `isIdle`: nothing waits to be imported or
   * sent.
   */
  differences(isIdle: boolean): readonly string[] {
    const found = this.#read((connection) => {
      const events = connection.prepare(
        "SELECT e.event_id FROM events e JOIN dimensions d ON d.id = e.dimensions WHERE d.source <> 'nexus_cli'",
      );
      const stored = new Set(events.all().map((row) => uuidText(row["event_id"])));
      const hours = connection.prepare(
        `SELECT bucket / 24 AS day, sum(count) AS n FROM rollups r JOIN dimensions d ON d.id = r.dimensions
         WHERE grain = 0 AND d.source <> 'nexus_cli' GROUP BY 1`,
      );
      const totals = new Map(hours.all().map(({ day, n }) => [Number(day), Number(n)]));
      return { stored, totals, ledger: verify(lines(connection)).faults };
    });
    const stored = found?.stored ?? new Set();
    const totals = found?.totals ?? new Map();
    return [
      ...this.model.differences(stored, totals, this.nowMs),
      ...this.model.shared(this.arrived, isIdle),
      ...this.server.faults,
      ...(found?.ledger ?? []).map(({ seq, message }) => `entry ${seq}: ${message}`),
      ...(isIdle ? this.#remainingLogs() : []),
    ];
  }

  #remainingLogs(): readonly string[] {
    return readdirSync(this.#logs)
      .filter((name) => name.startsWith("python-sdk"))
      .map((name) => `${name} was not removed`);
  }

  #read<T>(work: (connection: Connection) => T): T | undefined {
    if (!existsSync(this.#database)) return undefined;
    const connection = openWithDriver(this.#database, { readOnly: true, busyTimeoutMs: 5_000 });
    try {
      return work(connection);
    } finally {
      connection.close();
    }
  }
}

/** The user's own data with the built command: statistics, export, deletion, retention. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { v4, v7 } from "uuid";
import { beforeEach, describe, expect, it } from "vitest";
import { root } from "../../scripts/generate/generate.ts";
import { openWithDriver } from "../../server/store/driver/select-driver.ts";
import { exportKinds } from "../../shared/protocol/worker.ts";
import { eventTypeNames } from "../../shared/schema/events.ts";
import { nexus } from "../fixtures/run-cli.ts";
import { tempFolder } from "../fixtures/temp-folder.ts";

const cli = join(root, "dist", "cli", "nexus.cjs");
let home = "";
const ran = (...args: readonly string[]) => nexus(home, {}, ...args);

beforeEach(() => {
  home = tempFolder();
});

/** Imports 12 workspaces, 47 tasks, and 100 commands of which 94 succeeded. */
async function importSample(): Promise<void> {
  await ran("telemetry", "enable", "--yes");
  const folder = join(home, "nexus", "state", "events");
  mkdirSync(folder, { recursive: true });
  const session_id = v4();
  const ts = Date.now() + 1;
  let seq = 0;
  const line = (event_type: string, fields: object) => {
    seq += 1;
    const envelope = { id: v7(), ts, utc_offset_min: 0, session_id, source: "nexus_cli", seq, event_type };
    return JSON.stringify({ ...envelope, ...fields });
  };
  const end = (n: number) => ({
    stream: "tool",
    tool_name: "run_terminal_cmd",
    tool_phase: "end",
    command_line: "git push",
    exit_code: n < 94 ? 0 : 1,
    duration_ms: 10,
  });
  const lines = [
    ...Array.from({ length: 12 }, () => line("workspace_created", { template: "other" })),
    ...Array.from({ length: 47 }, () => line("task_completed", { status: "ok" })),
    ...Array.from({ length: 100 }, (_, n) => line("agent_event", end(n))),
  ];
  writeFileSync(join(folder, "a.jsonl"), `${lines.join("\n")}\n`);
  expect(JSON.parse((await ran("usage", "import", "--json")).out)).toMatchObject({ stored: 159 });
}

describe("nexus stats", () => {
  it("shows the box of ADR-003", async () => {
    await importSample();
    const { out } = await ran("telemetry", "stats");
    expect(out.split("\n").slice(0, 8)).toEqual([
      "╔══════════════════════════════════════════════════════════╗",
      "║  Nexus Usage Analytics (Last 30 Days)                    ║",
      "╠══════════════════════════════════════════════════════════╣",
      "║  Workspaces Created:     12                              ║",
      "║  Tasks Completed:        47                              ║",
      "║  Avg Session Length:     0 ms                            ║",
      "║  Success Rate:           94%                             ║",
      "╚══════════════════════════════════════════════════════════╝",
    ]);
    expect(out).toMatch(/git push +100 +6 +10 ms/);
    expect(JSON.parse((await ran("telemetry", "stats", "--week", "--json")).out)).toMatchObject({
      version: 1,
      period: "week",
      commands: 100,
      succeeded: 94,
      workspacesCreated: 12,
      tasksCompleted: 47,
    });
  });

  it("shows an empty state and creates nothing", async () => {
    expect((await ran("stats")).out).toContain("Recording is off. To turn it on: nexus enable");
    expect(existsSync(join(home, "nexus"))).toBe(false);
  });
});

describe("nexus telemetry export", () => {
  it("selects the format by the file extension and writes a private file, also in mode off", async () => {
    await importSample();
    await ran("telemetry", "disable");
    const file = join(home, "mine.csv");
    expect(await ran("telemetry", "export", "--output", file)).toMatchObject({
      code: 0,
      out: expect.stringContaining("159 events"),
    });
    expect(readFileSync(file, "utf8").trimEnd().split("\n")).toHaveLength(160);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("prints to a pipe by default, and to a file of today in the current folder on a terminal", async () => {
    await importSample();
    const piped = JSON.parse((await ran("telemetry", "export")).out);
    expect(piped.counts).toMatchObject({ events: 159, consent: 1, ledger: 0 });
    expect(
      JSON.parse((await ran("telemetry", "export", "--output", "-", "--what", "totals,consent")).out).counts,
    ).toEqual({
      consent: 1,
      totals: piped.counts.totals,
    });
  });

  it("writes one CSV file per kind into a folder, and only one kind into a file", async () => {
    await importSample();
    const folder = join(home, "mine");
    const result = await ran(
      "telemetry",
      "export",
      "--what",
      "all",
      "--format",
      "csv",
      "--output",
      `${folder}/`,
      "--json",
    );
    expect(JSON.parse(result.out)).toMatchObject({ version: 2, format: "csv" });
    expect(readdirSync(folder).sort()).toEqual(exportKinds.map((kind) => `${kind}.csv`).sort());
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    for (const output of [join(home, "x.csv"), "-"])
      expect(await ran("telemetry", "export", "--what", "all", "--format", "csv", "--output", output)).toMatchObject({
        code: 2,
        err: expect.stringContaining("DIR/"),
      });
  });

  it("replaces a file only with --force, and leaves nothing behind on a full disk", async () => {
    await importSample();
    const file = join(home, "mine.json");
    writeFileSync(file, "mine");
    expect(await ran("telemetry", "export", "--output", file)).toMatchObject({
      code: 1,
      err: expect.stringContaining("--force"),
    });
    expect(readFileSync(file, "utf8")).toBe("mine");
    // A limit on the size of a file fails a write as a full disk does.
    const limited = spawnSync(
      "sh",
      ["-c", `ulimit -f 128; "$0" "$1" telemetry export --force --output "$2"`, process.execPath, cli, file],
      { encoding: "utf8", env: { PATH: process.env["PATH"], HOME: home } },
    );
    expect(limited.status).toBe(1);
    expect(limited.stderr).toContain(`${file} was not written`);
    expect(readFileSync(file, "utf8")).toBe("mine");
    expect(readdirSync(home).filter((name) => name.includes("unfinished"))).toEqual([]);
    expect(await ran("telemetry", "export", "--output", file, "--force")).toMatchObject({ code: 0 });
    expect(JSON.parse(readFileSync(file, "utf8")).counts.events).toBe(159);
    const toFullDisk = spawnSync("sh", ["-c", `"$0" "$1" telemetry export > /dev/full`, process.execPath, cli], {
      encoding: "utf8",
      env: { PATH: process.env["PATH"], HOME: home },
    });
    expect(toFullDisk).toMatchObject({ status: 1, stderr: "nexus: standard output cannot be written (ENOSPC)\n" });
  });

  it("writes none of several files if one exists, and no special file", async () => {
    await importSample();
    const folder = join(home, "mine");
    mkdirSync(folder);
    writeFileSync(join(folder, "totals.csv"), "mine");
    const options = ["--what", "all", "--format", "csv", "--output", `${folder}/`];
    expect(await ran("telemetry", "export", ...options)).toMatchObject({
      code: 1,
      err: expect.stringContaining("totals.csv exists"),
    });
    expect(readdirSync(folder)).toEqual(["totals.csv"]);
    const pipe = join(home, "pipe");
    spawnSync("mkfifo", [pipe]);
    expect(await ran("telemetry", "export", "--force", "--output", pipe)).toMatchObject({
      code: 1,
      err: expect.stringContaining("no ordinary file"),
    });
    expect(statSync(pipe).isFIFO()).toBe(true);
  });

  it("rejects an unknown format, extension or kind, and a missing folder", async () => {
    expect(await ran("telemetry", "export", "--output", "x", "--format", "xml")).toMatchObject({ code: 2 });
    expect(await ran("telemetry", "export", "--output", "x.parquet")).toMatchObject({
      code: 2,
      err: expect.stringContaining("Unknown format: parquet"),
    });
    expect(await ran("telemetry", "export", "--what", "event")).toMatchObject({
      code: 2,
      err: expect.stringContaining("events"),
    });
    expect(await ran("telemetry", "export", "--output", join(home, "no", "x.json"))).toMatchObject({ code: 1 });
    expect(existsSync(join(home, "x.parquet"))).toBe(false);
  });
});

describe("nexus import", () => {
  it("imports an export into another profile after showing it, and removes it again", async () => {
    await importSample();
    const file = join(home, "mine.json");
    await ran("telemetry", "export", "--output", file);
    const other = tempFolder();
    const there = (...args: readonly string[]) => nexus(other, {}, ...args);
    expect(await there("import", file)).toMatchObject({ code: 1, err: expect.stringContaining("Recording is off") });
    expect(existsSync(join(other, "nexus"))).toBe(false);
    await there("telemetry", "enable", "--yes");
    expect(await there("import", file)).toMatchObject({ code: 2, err: expect.stringContaining("--yes") });
    expect(await there("import", file, "--yes")).toMatchObject({
      code: 0,
      out: expect.stringMatching(/Imported 159 events, \d+ sessions? and \d+ hourly totals?\./),
    });
    const stats = async (of: typeof ran) => {
      const { toMs: _, ...rest } = JSON.parse((await of("telemetry", "stats", "--json")).out);
      return rest;
    };
    expect(await stats(there)).toEqual(await stats(ran));
    expect((await there("import", file, "--yes")).out).toContain("Nothing to import.");
    expect((await there("import", "--list")).out).toMatch(/1 +[0-9a-f]{8} .* 159 +/);
    expect((await there("import", "--undo", "1", "--yes")).out).toMatch(
      /Removed 159 events .*\nVerified: none of 159 IDs/,
    );
    expect((await stats(there)).commands).toBe(0);
  });

  it("names what is wrong with a file, and asks for one", async () => {
    await importSample();
    writeFileSync(join(home, "bad.json"), "[]\n");
    expect(await ran("import", join(home, "bad.json"), "--yes")).toMatchObject({
      code: 1,
      err: expect.stringMatching(/bad\.json is not an export of Nexus Telemetry/),
    });
    expect(await ran("import")).toMatchObject({ code: 2 });
    expect(await ran("import", "--undo", "7", "--yes")).toMatchObject({
      code: 2,
      err: expect.stringContaining("--list"),
    });
  });
});

describe("nexus telemetry show -- COMMAND", () => {
  it("applies the user's categories", async () => {
    const shown = async () =>
      JSON.stringify(JSON.parse((await ran("telemetry", "show", "--json", "--", "git", "push", "x")).out).events);
    expect(await shown()).toContain("duration_ms");
    expect(existsSync(join(home, "nexus"))).toBe(false);
    await ran("telemetry", "enable", "--yes", "--categories", "tool_usage,command_usage");
    expect(await shown()).toContain("git push");
    expect(await shown()).not.toMatch(/duration_ms|status|exit_class/);
    await ran("telemetry", "enable", "--yes", "--categories", "performance");
    expect((await ran("telemetry", "show", "--", "ls")).out).toContain("Nothing would be recorded");
  });
});

describe("nexus telemetry status", () => {
  it("always has the lines of the specification", async () => {
    for (const step of [[], ["telemetry", "enable", "--yes"], ["telemetry", "disable"]]) {
      if (step.length > 0) await ran(...step);
      const { out } = await ran("telemetry", "status");
      expect(out).toMatch(/^Events Stored: +\d+$/m);
      expect(out).toMatch(/^Last Flush: +\S/m);
      expect(out).toMatch(/^Cloud Sync: +disabled \(you have not consented to sharing\)$/m);
    }
  });
});

describe("reports with recording off", () => {
  it.each([["stats"], ["insights"], ["telemetry", "metrics"]])("say so, and what to do: %s %s", async (...command) => {
    expect((await ran(...command)).out).toContain("Recording is off. To turn it on: nexus enable");
    await ran("telemetry", "enable", "--yes");
    expect((await nexus(home, { NEXUS_TELEMETRY: "no" }, ...command)).out).toContain(
      "Recording is off. Recording is blocked by NEXUS_TELEMETRY.",
    );
    expect((await ran(...command)).out).toContain("No commands in this period.");
  });
});

describe("nexus telemetry delete", () => {
  it("deletes a part after showing its amount, and only that", async () => {
    await importSample();
    const preview = await ran("telemetry", "delete", "--source", "nexus_cli", "--today");
    expect(preview).toMatchObject({ code: 2, err: expect.stringContaining("--confirm") });
    expect(preview.out).toMatch(/Events to be deleted: +159 of \d+ sessions?/);
    expect(await ran("telemetry", "delete", "--source", "cursor", "--confirm")).toMatchObject({
      code: 1,
      err: expect.stringContaining("Recorded sources: nexus_cli"),
    });
    expect((await ran("telemetry", "delete", "--from", "2020-01-01", "--to", "2020-01-31")).out).toContain(
      "No stored data matches",
    );
    const { out } = await ran("telemetry", "delete", "--source", "nexus_cli", "--confirm");
    const [, events] = /Deleted (\d+) events, \d+ sessions? and \d+ totals\./.exec(out) ?? [];
    // The commands above may have left events about themselves.
    expect(Number(events)).toBeGreaterThanOrEqual(159);
    expect(JSON.parse((await ran("telemetry", "stats", "--json")).out)).toMatchObject({
      commands: 0,
      tasksCompleted: 0,
    });
  });

  it("requires --confirm without a terminal", async () => {
    await importSample();
    const result = await ran("telemetry", "delete");
    expect(result).toMatchObject({ code: 2, err: expect.stringContaining("--confirm") });
    expect(result.out).toMatch(/Events to be deleted: 159/);
  });

  it("deletes everything with --confirm and verifies the deletion, also in mode off", async () => {
    await importSample();
    await ran("telemetry", "disable");
    expect((await ran("telemetry", "delete", "--confirm")).out).toMatch(
      /Deleted 159 events, \d+ sessions? and all totals\..*\nVerified: none of 160 IDs found in any file\./,
    );
    expect((await ran("telemetry", "status")).out).toMatch(/Events Stored: +0/);
    expect((await ran("telemetry", "purge", "--confirm")).code).toBe(0);
  });
});

describe("nexus telemetry explain", () => {
  it("lists every event type, and shows a field's purpose, visibility, retention and opt-out", async () => {
    const all = (await ran("telemetry", "explain")).out;
    for (const type of eventTypeNames) expect(all).toContain(`event ${type}:`);
    const field = (await ran("telemetry", "explain", "command_path")).out;
    for (const part of ["Purpose:", "Visible to:", "Retention:", "Opt-out:"]) expect(field).toContain(part);
    expect(await ran("telemetry", "explain", "nonsense")).toMatchObject({ code: 2 });
    expect(existsSync(join(home, "nexus"))).toBe(false);
  });
});

describe("data retention without an editor", () => {
  const dayMs = 24 * 60 * 60 * 1000;
  const database = () => join(home, "nexus", "state", "telemetry.db");

  /** Counts the remaining old events, without the events of the command's own runs. */
  function countOldEvents(): number {
    const connection = openWithDriver(database(), { readOnly: true, busyTimeoutMs: 2_000 });
    const row = connection
      .prepare("SELECT count(*) n FROM events e JOIN dimensions d ON d.id = e.dimensions WHERE d.source = 'python_sdk'")
      .get();
    connection.close();
    return Number(row?.["n"]);
  }

  /** Backdates the consent and writes an event log with old events. */
  async function writeOldEvents(count: number, days: number): Promise<void> {
    await ran("telemetry", "enable", "--yes");
    const file = join(home, ".config", "nexus", "consent.jsonl");
    const decision = JSON.parse(readFileSync(file, "utf8").trimEnd().split("\n").at(-1) ?? "");
    const ts = new Date(Date.now() - 300 * dayMs).toISOString();
    writeFileSync(file, `${JSON.stringify({ ...decision, ts })}\n`);
    const folder = join(home, "nexus", "state", "events");
    mkdirSync(folder, { recursive: true });
    const session_id = v4();
    const lines = Array.from({ length: count }, (_, n) =>
      JSON.stringify({
        id: v7(),
        ts: Date.now() - days * dayMs + n,
        utc_offset_min: 0,
        session_id,
        source: "python_sdk",
        event_type: "command_started",
        command_path: "git push",
      }),
    );
    writeFileSync(join(folder, "old.jsonl"), `${lines.join("\n")}\n`);
  }

  /** Backdates the last maintenance of the database by two hours. */
  function backdateMaintenance(): void {
    const connection = openWithDriver(database(), { readOnly: false, busyTimeoutMs: 2_000 });
    const longAgo = Date.now() - 2 * 60 * 60 * 1000;
    connection.prepare("UPDATE state SET value = ? WHERE name IN ('maintenance_at', 'trusted_at')").run(longAgo);
    connection.close();
  }

  it.each([
    ["run", "--", "true"],
    ["event", "emit", "task_completed"],
    ["usage", "import"],
  ])("completes in nexus %s if events are overdue", async (...command) => {
    // Within the retention period when they are stored.
    await writeOldEvents(3_000, 89);
    await ran("usage", "import");
    expect(countOldEvents()).toBe(3_000);
    await ran("telemetry", "config", "set", "retention_days", "30");
    backdateMaintenance();
    if (command[0] === "usage") await writeOldEvents(1, 1);
    expect(await ran(...command)).toMatchObject({ code: 0 });
    expect(countOldEvents()).toBeLessThanOrEqual(1);
  });

  it("runs at most once an hour", async () => {
    await writeOldEvents(10, 89);
    await ran("usage", "import");
    await ran("telemetry", "config", "set", "retention_days", "30");
    await ran("run", "--", "true");
    expect(countOldEvents()).toBe(10);
    backdateMaintenance();
    await ran("run", "--", "true");
    expect(countOldEvents()).toBe(0);
  });
});

it("deletes pending event logs if there is no database yet", async () => {
  const logHome = tempFolder();
  await nexus(logHome, {}, "telemetry", "enable", "--yes");
  const events = join(logHome, "nexus", "state", "events");
  mkdirSync(events, { recursive: true, mode: 0o700 });
  writeFileSync(
    join(events, "tool.jsonl"),
    '{"hook":1,"ts":1790000000000,"hook_event_name":"PostToolUse","tool_name":"Bash"}\n',
  );
  expect(await nexus(logHome, {}, "telemetry", "delete", "--confirm")).toMatchObject({ code: 0 });
  expect(readFileSync(join(events, "tool.jsonl"), "utf8")).toBe("");
});

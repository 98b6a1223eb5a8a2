/** The built command: runs, events, configuration, ledger export and failures. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { beforeEach, describe, expect, it } from "vitest";
import { root } from "../../scripts/generate/generate.ts";
import { openWithDriver } from "../../server/store/driver/select-driver.ts";
import { nexus, runBuilt } from "../fixtures/run-cli.ts";
import { tempFolder } from "../fixtures/temp-folder.ts";
import { UsageServer } from "../fixtures/usage-server.ts";

const script = join(root, "dist", "cli", "nexus.cjs");
let home = "";
const ran = (...args: readonly string[]) => nexus(home, {}, ...args);
const json = async (...args: readonly string[]) => JSON.parse((await ran(...args, "--json")).out);
const readOwnLog = () => readFileSync(join(home, "nexus", "state", "events", "nexus-cli.jsonl"), "utf8");

beforeEach(() => {
  home = tempFolder();
});

describe("nexus", () => {
  it("prints its help in groups without a command, and its version in three spellings", async () => {
    const help = await ran();
    expect(help).toMatchObject({ code: 0, err: "" });
    expect(help.out.match(/^[A-Z][a-z ]+:$/gm)).toEqual([
      "Options:",
      "Your data:",
      "Recording and sharing:",
      "Scripts and help:",
      "Exit codes:",
      "Examples:",
    ]);
    expect(help.out).not.toMatch(/^ {2}hook /m);
    const versions = await Promise.all(["-v", "-V", "--version"].map(async (flag) => (await ran(flag)).out));
    expect(new Set(versions).size).toBe(1);
    expect(versions[0]).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe("the uninstall hook", () => {
  // As VS Code's `extensionLifecycle.ts` calls it.
  const uninstall = () => runBuilt("uninstall.cjs", home, {}, ["--type=extension-post-uninstall"]);

  it("records one uninstall event with the version", async () => {
    await ran("telemetry", "enable", "--yes");
    expect(await uninstall()).toMatchObject({ code: 0, err: "" });
    const { events } = await json("telemetry", "show");
    expect(events).toMatchObject([{ type: "uninstall", payload: { version: expect.stringMatching(/^\d+\.\d+/) } }]);
  });

  it("invariant: off-means-nothing: writes nothing without consent", async () => {
    await uninstall();
    expect(readdirSync(home)).toEqual([]);
  });
});

describe("nexus run", () => {
  it("runs the command, exits with its code, and records start, end and outcome", async () => {
    await ran("telemetry", "enable", "--yes");
    expect(await ran("run", "--", "sh", "-c", "echo said; exit 7")).toMatchObject({ code: 7, out: "said\n", err: "" });
    expect(await ran("run", "--", "true")).toMatchObject({ code: 0 });
    const { events } = await json("telemetry", "show");
    expect(events.map(({ payload }: { payload: object }) => payload)).toMatchObject([
      { tool_phase: "start", command_path: "echo" },
      { tool_phase: "end", command_path: "echo", exit_class: "failure", status: "failed" },
      { tool_phase: "start", command_path: "true" },
      { tool_phase: "end", command_path: "true", status: "ok" },
    ]);
    // Both runs share one session with consecutive sequence numbers.
    expect(events.map(({ seq }: { seq: number }) => seq)).toEqual([1, 2, 3, 4]);
    expect(JSON.stringify(events)).not.toContain("said");
  });

  it("takes the words as they came", async () => {
    await ran("telemetry", "enable", "--yes");
    for (const words of [
      ["git", "-C", "My Folder", "status"],
      ["git", "-C", "it's", "status"],
      ["git", "(x)", "status"],
    ]) {
      await ran("run", "--", ...words);
    }
    const { events } = await json("telemetry", "show");
    const paths = events.map(({ payload }: { payload: { command_path?: string } }) => payload.command_path);
    expect(paths).toEqual(["git status", "git status", "git status", "git status", "git", "git"]);
    const { out } = await ran("telemetry", "show", "--", "npm", "--prefix", "#web", "run", "build");
    expect(out).toContain("npm run build");
  });

  it("invariant: off-means-nothing: only runs the command while recording is off", async () => {
    expect(await ran("run", "--", "sh", "-c", "exit 3")).toMatchObject({ code: 3, out: "", err: "" });
    expect(statSync(join(home, "nexus"), { throwIfNoEntry: false })).toBeUndefined();
  });

  it("exits like a shell for a command that is missing or not executable", async () => {
    expect(await ran("run", "--", "no-such-command")).toMatchObject({
      code: 127,
      err: expect.stringContaining("command not found"),
    });
    const file = join(home, "not-executable");
    writeFileSync(file, "");
    chmodSync(file, 0o600);
    expect(await ran("run", "--", file)).toMatchObject({ code: 126 });
  });

  it("runs the command even if the run cannot be recorded, and prints why", async () => {
    await ran("telemetry", "enable", "--yes");
    mkdirSync(join(home, ".config", "nexus"), { recursive: true });
    writeFileSync(join(home, ".config", "nexus", "config.toml"), "[telemetry]\nretention = 3\n");
    expect(await ran("run", "--", "sh", "-c", "exit 4")).toMatchObject({
      code: 4,
      err: expect.stringContaining("run not recorded"),
    });
  });
});

describe("nexus run without a usable database", () => {
  const recorded = async () => {
    const { events } = await json("telemetry", "show", "--limit", "50");
    return events.filter(({ payload }: { payload: { command_path?: string } }) => payload.command_path === "git status")
      .length;
  };
  const database = () => join(home, "nexus", "state", "telemetry.db");

  it("writes clean events to an event log while another process holds the lock", async () => {
    await ran("telemetry", "enable", "--yes");
    expect(await ran("run", "--", "git", "status", "--secret-flag")).toMatchObject({ err: expect.any(String) });
    const holder = openWithDriver(database(), { readOnly: false, busyTimeoutMs: 1_000 });
    holder.exec("BEGIN IMMEDIATE");
    const { code, err } = await ran("run", "--", "sh", "-c", "exit 7");
    await ran("run", "--", "git", "status", "--secret-flag");
    holder.exec("ROLLBACK");
    holder.close();
    expect([code, err]).toEqual([7, ""]);
    const log = readFileSync(join(home, "nexus", "state", "events", "nexus-run.jsonl"), "utf8");
    expect(log.trimEnd().split("\n")).toHaveLength(4);
    expect(log).not.toContain("secret");
    await ran("usage", "import");
    expect(await recorded()).toBe(4);
  });

  it("runs the command for a user without a home folder", async () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [script, "run", "--", "sh", "-c", "echo ran; exit 5"],
      {
        env: { PATH: process.env["PATH"] },
        encoding: "utf8",
        ...(process.getuid?.() === 0 ? { uid: 54_321, gid: 54_321 } : {}),
      },
    );
    expect([status, stdout, stderr]).toEqual([5, "ran\n", ""]);
  });
});

describe("the command's own runs", () => {
  it("records name, duration and outcome while recording is on", async () => {
    await ran("telemetry", "enable", "--yes");
    await ran("telemetry", "status");
    await ran("ledger", "show", "9");
    const events = readOwnLog()
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(events).toMatchObject([
      { event_type: "command_started", command_path: "telemetry status", source: "nexus_cli" },
      { event_type: "command_finished", command_path: "telemetry status" },
      { event_type: "command_started", command_path: "ledger show" },
      { event_type: "command_failed", command_path: "ledger show" },
    ]);
    expect(new Set(events.map(({ session_id }) => session_id)).size).toBe(1);
    expect(await json("usage", "import")).toMatchObject({ stored: 4, refused: 0 });
  });

  it("records nothing with recording off or NEXUS_EVENT_LOG=0, and deletes the log with a purge", async () => {
    await ran("telemetry", "status");
    expect(statSync(join(home, "nexus"), { throwIfNoEntry: false })).toBeUndefined();
    await ran("telemetry", "enable", "--yes");
    await nexus(home, { NEXUS_EVENT_LOG: "0" }, "telemetry", "status");
    expect(statSync(join(home, "nexus", "state", "events"), { throwIfNoEntry: false })).toBeUndefined();
    await ran("telemetry", "status");
    await ran("event", "emit", "task_completed");
    const session = join(home, "nexus", "state", "usage", "command-session.json");
    expect(statSync(session).mode & 0o777).toBe(0o600);
    await ran("telemetry", "delete", "--confirm");
    const events = join(home, "nexus", "state", "events");
    for (const name of readdirSync(events)) expect(statSync(join(events, name)).size).toBe(0);
    expect(statSync(session, { throwIfNoEntry: false })).toBeUndefined();
  });
});

describe("nexus event emit", () => {
  it("stores names as hashes, and nothing of an unselected category", async () => {
    await ran("telemetry", "enable", "--yes", "--categories", "workspaces_tasks");
    expect(await json("event", "emit", "workspace_created", "--workspace", "secret-project")).toMatchObject({
      stored: true,
    });
    expect(await json("event", "emit", "profile_used", "--set", "profile=deep")).toMatchObject({ stored: false });
    const shown = (await ran("telemetry", "show", "--json")).out;
    expect(JSON.parse(shown).events).toMatchObject([
      { payload: { workspace_hash: expect.stringMatching(/^[0-9a-f]{32}$/) } },
    ]);
    expect(shown).not.toContain("secret-project");
  });

  it("reports that recording is off and exits with 3", async () => {
    expect(await ran("event", "emit", "task_completed")).toMatchObject({
      code: 3,
      err: expect.stringContaining("recording is off"),
    });
  });

  it("loses no event of eight concurrent calls", async () => {
    await ran("telemetry", "enable", "--yes");
    const results = await Promise.all(Array.from({ length: 8 }, () => ran("event", "emit", "task_completed")));
    expect(results.map(({ code }) => code)).toEqual(new Array(8).fill(0));
    expect((await json("telemetry", "stats")).tasksCompleted).toBe(8);
  });
});

describe("the configuration", () => {
  it("keeps comments and unrelated tables when a key is set", async () => {
    const folder = join(home, ".config", "nexus");
    mkdirSync(folder, { recursive: true });
    const file = join(folder, "config.toml");
    writeFileSync(file, "# mine\n[other]\nx = 1 # keep\n\n[telemetry]\n# how long\nretention_days = 60 # days\n");
    await ran("telemetry", "config", "set", "retention_days", "30");
    await ran("telemetry", "config", "set", "strip_pii", "true");
    expect(readFileSync(file, "utf8")).toMatch(
      /^# mine\n\[other\]\nx = 1 # keep\n\n\[telemetry\]\n# how long\nretention_days = 30\s+# days\n/,
    );
    expect(await json("telemetry", "config", "get", "retention_days")).toMatchObject({ value: 30, origin: file });
    expect(
      (
        await nexus(
          home,
          { NEXUS_USAGE_UPLOAD_URL: "https://x.example/v1" },
          "telemetry",
          "config",
          "get",
          "upload_url",
          "--show-origin",
        )
      ).out,
    ).toBe("NEXUS_USAGE_UPLOAD_URL\thttps://x.example/v1\n");
  });

  it("applies an opt-out at once, and never grants consent", async () => {
    await ran("telemetry", "enable", "--yes");
    await ran("telemetry", "config", "set", "mode", "off");
    expect((await json("telemetry", "status")).permission.mode).toBe("off");
    await ran("telemetry", "config", "set", "mode", "local");
    expect((await json("telemetry", "status")).permission.mode).toBe("local");
    expect(await ran("telemetry", "config", "set", "mode", "share")).toMatchObject({ code: 2 });
  });

  it("never prints a token", async () => {
    const token = `t${Date.now()}`;
    expect((await nexus(home, { NEXUS_USAGE_UPLOAD_TOKEN: token }, "telemetry", "config", "list")).out).not.toContain(
      token,
    );
  });
});

describe("an exported ledger", () => {
  it("can be verified on any machine, and a modification is detected", async () => {
    const server = await UsageServer.start();
    const env = { NEXUS_USAGE_UPLOAD_URL: server.url };
    const consent = JSON.parse((await ran("consent", "show", "--json")).out);
    await nexus(
      home,
      env,
      "telemetry",
      "enable",
      "--share",
      "--yes",
      "--notice",
      consent.version,
      "--destination",
      server.url,
      "--categories",
      "all",
    );
    await nexus(home, env, "event", "emit", "command_finished", "--set", "command_path=status");
    expect(await nexus(home, env, "sync")).toMatchObject({ code: 0 });
    const file = join(home, "ledger.jsonl");
    await ran("ledger", "export", "--output", file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    // An existing file is not overwritten, nor a link followed: it may be another user's.
    const target = join(home, "target");
    writeFileSync(target, "theirs");
    symlinkSync(target, join(home, "link"));
    for (const existing of [target, join(home, "link")]) {
      expect(await ran("ledger", "export", "--output", existing)).toMatchObject({
        code: 2,
        err: expect.stringContaining("already exists"),
      });
    }
    expect(readFileSync(target, "utf8")).toBe("theirs");
    expect(readdirSync(home).filter((name) => name.includes("unfinished"))).toEqual([]);
    const elsewhere = (...args: readonly string[]) => nexus(tempFolder(), {}, "ledger", "verify", "--file", ...args);
    expect(await elsewhere(file)).toMatchObject({ code: 0, out: expect.stringContaining("1 receipt") });
    writeFileSync(file, readFileSync(file, "utf8").replace('\\"events\\":1', '\\"events\\":2'));
    expect(await elsewhere(file)).toMatchObject({ code: 1, out: expect.stringContaining("verification failed") });
    expect(await elsewhere(join(home, "none"))).toMatchObject({ code: 2 });
    expect((await nexus(home, env, "identity", "reset", "--confirm")).out).toContain("Pseudonym reset");
  });
});

describe("failures", () => {
  it("exits silently with 141 on a closed pipe", async () => {
    const child = spawn(process.execPath, [script, "telemetry", "explain"], {
      env: { PATH: process.env["PATH"], HOME: home },
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.destroy();
    const [output] = await Promise.all([text(child.stderr), once(child, "close")]);
    expect([child.exitCode, output]).toEqual([141, ""]);
  });

  it("reports an unsupported Node version in one line and exits with 2", () => {
    const old = 'Object.defineProperty(process.versions, "node", { value: "20.19.0" });';
    const { status, stderr } = spawnSync(process.execPath, ["-e", `${old} require(${JSON.stringify(script)})`], {
      encoding: "utf8",
    });
    expect([status, stderr]).toEqual([2, "nexus needs Node 22.14 or newer; this is Node 20.19.0.\n"]);
  });

  it("leaves a database of a newer version unchanged", async () => {
    await ran("telemetry", "enable", "--yes");
    await ran("event", "emit", "task_completed");
    const newer = `const { DatabaseSync } = require("node:sqlite"); new DatabaseSync(process.argv[1]).exec("PRAGMA user_version = 99");`;
    const database = join(home, "nexus", "state", "telemetry.db");
    spawnSync(process.execPath, ["-e", newer, database]);
    expect(await ran("stats")).toMatchObject({ code: 1, err: expect.stringContaining("newer version") });
    expect(await ran("event", "emit", "task_completed")).toMatchObject({
      code: 1,
      err: expect.stringContaining("newer version"),
    });
    expect(await ran("doctor")).toMatchObject({ code: 1 });
  });

  it("reports files that others can read and an invalid configuration in nexus doctor", async () => {
    await ran("telemetry", "enable", "--yes");
    await ran("event", "emit", "task_completed");
    chmodSync(join(home, "nexus", "state", "telemetry.db"), 0o644);
    writeFileSync(join(home, ".config", "nexus", "config.toml"), "[telemetry]\nretention = 3\n");
    const { code, out } = await ran("doctor");
    expect(code).toBe(1);
    expect(out).toMatch(/error {2}permissions: readable by other users: .*telemetry\.db\n\s+chmod 600/);
    expect(out).toMatch(/error {2}configuration: .*unknown key retention/);
  });
});

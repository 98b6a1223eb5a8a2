/**
 * Invariant only-you-can-say-yes, with the built command, the installed hook and both SDKs: a
 * repository that sets environment variables and ships any files cannot record into the user's
 * NEXUS_HOME or upload from it.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { v4, v7 } from "uuid";
import { describe, expect, it } from "vitest";
import { root } from "../../scripts/generate/generate.ts";
import { noticeVersion } from "../../shared/consent/notice-version.ts";
import { categories } from "../../shared/schema/categories.ts";
import { consentRecord } from "../fixtures/consent-record.ts";
import { decide } from "../fixtures/consented.ts";
import { nexus } from "../fixtures/run-cli.ts";
import { tempFolder } from "../fixtures/temp-folder.ts";
import { UsageServer } from "../fixtures/usage-server.ts";

/** Returns the digest of each file, except SQLite's side files, which reading changes. */
function snapshot(folder: string): Readonly<Record<string, string>> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => !/-(wal|shm)$/.test(name));
  return Object.fromEntries(
    names
      .filter((name) => statSync(join(folder, name)).isFile())
      .map((name) => [
        name,
        createHash("sha256")
          .update(readFileSync(join(folder, name)))
          .digest("hex"),
      ]),
  );
}

/** Counts the events of a home, without the command runs that this function causes. */
async function countEvents(home: string): Promise<number> {
  await nexus(home, {}, "usage", "import");
  const file = join(home, "export.json");
  await nexus(home, {}, "telemetry", "export", "--force", "--output", file);
  const events: readonly { readonly payload: { readonly command?: string } }[] = JSON.parse(
    readFileSync(file, "utf8"),
  ).events;
  return events.filter(({ payload: { command = "" } }) => !/^(usage import|telemetry|agents)/.test(command)).length;
}

type Decision = "never asked" | "off" | "local";

/** Creates a home with a connected agent, and one event if recording is on. */
async function createUser(decision: Decision): Promise<string> {
  const home = tempFolder();
  mkdirSync(join(home, ".claude"));
  if (decision !== "never asked") await nexus(home, {}, "telemetry", "enable", "--yes");
  await nexus(home, {}, "agents", "connect", "claude_code", "--yes");
  if (decision === "local") await nexus(home, {}, "event", "emit", "task_completed");
  if (decision === "off") await nexus(home, {}, "telemetry", "disable");
  return home;
}

/** Creates a hostile repository with a consent record that shares everything with its server. */
function createRepository(server: UsageServer): string {
  const folder = tempFolder();
  const share = {
    ...consentRecord("share"),
    share: categories,
    destination: new URL(server.url).href,
    automatic: true,
  };
  decide(folder, { ...share, schema_version: 1, record_id: v4(), state: "given" });
  writeFileSync(join(folder, ".config", "nexus", "config.toml"), `[telemetry]\nupload_url = "${server.url}"\n`);
  return folder;
}

const hookPayload = JSON.stringify({
  hook_event_name: "PostToolUse",
  tool_name: "Bash",
  tool_use_id: `toolu_${"0".repeat(12)}`,
});

const pythonProgram = `
from nexus_telemetry import TelemetryCollector
with TelemetryCollector() as telemetry:
    telemetry.record_command("git push")
`;

const nodeProgram = `
import { EventLog } from ${JSON.stringify(join(root, "dist", "node", "index.mjs"))};
new EventLog().record("command_finished", { command_path: "git push" });
`;

/** Runs the hook, both SDKs and the command in the environment of a repository. */
async function runEverything(home: string, env: Readonly<Record<string, string>>): Promise<void> {
  const fullEnv = { PATH: process.env["PATH"] ?? "", HOME: home, ...env };
  const settings = JSON.parse(readFileSync(join(home, ".claude", "settings.json"), "utf8"));
  const { command } = settings.hooks.PostToolUse[0].hooks[0];
  const { stdout, stderr, status } = spawnSync("sh", ["-c", command], {
    input: hookPayload,
    env: fullEnv,
    encoding: "utf8",
  });
  expect([status, stdout, stderr]).toEqual([0, "", ""]);
  const python = { ...fullEnv, PYTHONPATH: join(root, "sdk", "python", "src") };
  spawnSync("python3", ["-B", "-c", pythonProgram], { env: python });
  spawnSync(process.execPath, ["--input-type=module", "-e", nodeProgram], { env: fullEnv });
  for (const line of [
    ["telemetry", "status"],
    ["run", "--", "true"],
    ["event", "emit", "command_finished", "--set", "command_path=status"],
    ["usage", "import"],
    ["stats"],
    ["sync"],
    ["usage", "upload"],
  ]) {
    await nexus(fullEnv.HOME, env, ...line);
  }
}

describe("invariant: only-you-can-say-yes", () => {
  const variables = {
    XDG_CONFIG_HOME: (folder: string) => join(folder, ".config"),
    HOME: (folder: string) => folder,
    NEXUS_HOME: (folder: string) => join(folder, "nexus"),
  } as const;
  type Set = readonly (keyof typeof variables)[];
  const sets: readonly Set[] = [
    ["XDG_CONFIG_HOME"],
    ["HOME"],
    ["NEXUS_HOME"],
    ["XDG_CONFIG_HOME", "NEXUS_HOME"],
    ["XDG_CONFIG_HOME", "HOME", "NEXUS_HOME"],
  ];

  const all: Set = ["XDG_CONFIG_HOME", "HOME", "NEXUS_HOME"];
  const cases: readonly (readonly [Set, Parameters<typeof createUser>[0]])[] = [
    ...sets.map((names) => [names, "local"] as const),
    [["NEXUS_HOME"], "never asked"],
    [all, "never asked"],
    [["HOME"], "off"],
    [all, "off"],
  ];
  it.each(cases)(
    "enables nothing for a repository that sets %j if the user's decision is: %s",
    async (names, decision) => {
      const server = await UsageServer.start();
      const [home, evil] = [await createUser(decision), createRepository(server)];
      const userHome = join(home, "nexus");
      const before = snapshot(userHome);
      const stored = decision === "local" ? await countEvents(home) : 0;
      const env = Object.fromEntries(names.map((name) => [name, variables[name](evil)]));
      await runEverything(home, { ...env, NEXUS_USAGE_UPLOAD_URL: server.url });
      // With recording on, the user's own hook still records one event.
      if (decision !== "local") expect(snapshot(userHome)).toEqual(before);
      else expect(await countEvents(home)).toBeLessThanOrEqual(stored + 1);
      const received = JSON.stringify(server.bodies.map(String));
      expect(received).not.toContain("task_completed");
      // Only events of the repository's own folder may be sent.
      if (!names.includes("NEXUS_HOME") && !names.includes("HOME")) expect(server.arrived).toEqual([]);
    },
  );

  it("neither records nor sends events if a repository's NEXUS_HOME links into the user's", async () => {
    const server = await UsageServer.start();
    const home = await createUser("local");
    const stored = await countEvents(home);
    for (const part of ["state", "state/events", "state/telemetry.db", "state/usage", "state/events-outbox"]) {
      const evil = createRepository(server);
      mkdirSync(join(evil, "nexus", part, ".."), { recursive: true, mode: 0o700 });
      if (existsSync(join(evil, "nexus", part))) continue;
      symlinkSync(join(home, "nexus", part), join(evil, "nexus", part));
      await runEverything(home, {
        NEXUS_HOME: join(evil, "nexus"),
        XDG_CONFIG_HOME: join(evil, ".config"),
        NEXUS_USAGE_UPLOAD_URL: server.url,
      });
    }
    expect(await countEvents(home)).toBeLessThanOrEqual(stored + 5);
    expect(JSON.stringify(server.bodies.map(String))).not.toContain("task_completed");
  });

  it("ignores a repository's configuration next to a link to the user's consent file", async () => {
    const server = await UsageServer.start();
    const home = await createUser("local");
    await nexus(home, {}, "telemetry", "config", "set", "mode", "off");
    const before = snapshot(join(home, "nexus"));
    const evil = createRepository(server);
    const linked = join(evil, ".config", "nexus", "consent.jsonl");
    rmSync(linked);
    symlinkSync(join(home, ".config", "nexus", "consent.jsonl"), linked);
    await runEverything(home, { XDG_CONFIG_HOME: join(evil, ".config"), NEXUS_USAGE_UPLOAD_URL: server.url });
    expect(snapshot(join(home, "nexus"))).toEqual(before);
    expect(server.arrived).toEqual([]);
  });

  it("imports nothing if a repository's folder not-imported links to the user's", async () => {
    const server = await UsageServer.start();
    const [home, evil] = [await createUser("local"), createRepository(server)];
    const events = join(home, "nexus", "state", "events");
    writeFileSync(join(events, "tool.jsonl"), "damaged\n");
    await countEvents(home);
    const leftovers = join(events, "not-imported");
    const before = snapshot(leftovers);
    mkdirSync(join(evil, "nexus", "state", "events"), { recursive: true, mode: 0o700 });
    symlinkSync(leftovers, join(evil, "nexus", "state", "events", "not-imported"));
    const refused = await nexus(evil, {}, "usage", "import");
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining("not-imported is a link") });
    expect(snapshot(leftovers)).toEqual(before);
  });

  it("rejects the user's database path if the consent belongs to another folder", async () => {
    const server = await UsageServer.start();
    const [home, evil] = [await createUser("local"), createRepository(server)];
    const stored = await countEvents(home);
    const database = join(home, "nexus", "state", "telemetry.db");
    const env = { HOME: evil, NEXUS_TELEMETRY_PATH: database, NEXUS_USAGE_UPLOAD_URL: server.url };
    const refused = await nexus(evil, env, "event", "emit", "task_completed");
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining("belongs to another installation") });
    await nexus(evil, env, "sync");
    expect(await countEvents(home)).toBe(stored);
    expect(server.bodies).toEqual([]);
  });

  it("treats a consent file from another machine as never asked, and names it", async () => {
    const [home, other] = [tempFolder(), tempFolder()];
    await nexus(other, {}, "telemetry", "enable", "--yes");
    await nexus(home, {}, "telemetry", "enable", "--yes");
    cpSync(join(other, ".config"), join(home, ".config"), { recursive: true, force: true });
    const { permission, notes } = JSON.parse((await nexus(home, {}, "telemetry", "status", "--json")).out);
    expect(permission).toMatchObject({ mode: "off", consent: "never_asked" });
    expect(notes.join(" ")).toContain("consent.jsonl belongs to another installation");
    expect(await nexus(home, {}, "event", "emit", "task_completed")).toMatchObject({ code: 3 });
    // New consent on this machine is accepted.
    await nexus(home, {}, "telemetry", "enable", "--yes");
    expect(await nexus(home, {}, "event", "emit", "task_completed")).toMatchObject({ code: 0 });
  });

  it("accepts a consent record without an installation only after a window or terminal has bound it", async () => {
    const home = tempFolder();
    mkdirSync(join(home, ".config", "nexus"), { recursive: true });
    const record = { ...consentRecord("local"), notice: { version: noticeVersion } };
    writeFileSync(join(home, ".config", "nexus", "consent.jsonl"), `${JSON.stringify(record)}\n`);
    expect(await nexus(home, {}, "event", "emit", "task_completed")).toMatchObject({ code: 3 });
    expect((await nexus(home, {}, "telemetry", "status")).out).toContain("names no installation");
    expect(existsSync(join(home, "nexus"))).toBe(false);
  });
});

// Only root may act as another user.
describe.skipIf(process.getuid?.() !== 0)("files that another user owns or can write", () => {
  const nobodyUid = 65_534;
  const chown = (path: string) => spawnSync("chown", [String(nobodyUid), path]);
  const loosen = (path: string) => spawnSync("chmod", ["o+w", path]);

  it.each([
    ["NEXUS_HOME of another user", "nexus", chown, "belongs to another user"],
    ["a NEXUS_HOME that others can write", "nexus", loosen, "chmod go-w"],
    ["an event-log folder of another user", "nexus/state/events", chown, "belongs to another user"],
    ["an event-log folder that others can write", "nexus/state/events", loosen, "chmod go-w"],
    ["an outbox of another user", "nexus/state/events-outbox", chown, "belongs to another user"],
    ["an outbox that others can write", "nexus/state/events-outbox", loosen, "chmod go-w"],
    ["a database of another user", "nexus/state/telemetry.db", chown, "belongs to another user"],
    ["a state file of another user", "nexus/state/recording.txt", chown, "belongs to another user"],
  ])("rejects %s and says what to do", async (_name, part, spoil, message) => {
    const home = tempFolder();
    await nexus(home, {}, "telemetry", "enable", "--yes");
    await nexus(home, {}, "event", "emit", "task_completed");
    for (const name of ["events", "events-outbox"])
      mkdirSync(join(home, "nexus", "state", name), { recursive: true, mode: 0o700 });
    spoil(join(home, part));
    const userFiles = () => {
      const { "state/recording.txt": state, ...files } = snapshot(join(home, "nexus"));
      // The recording state is reset if the file itself belongs to the user.
      return part === "nexus" ? { ...files, state } : files;
    };
    const before = userFiles();
    for (const line of [
      ["stats"],
      ["event", "emit", "task_completed"],
      ["usage", "import"],
      ["telemetry", "delete", "--confirm"],
    ])
      expect(await nexus(home, {}, ...line)).toMatchObject({ code: 1, err: expect.stringContaining(message) });
    expect(userFiles()).toEqual(before);
  });

  it.each([
    ["of another user", chown, "belongs to another user"],
    ["that others can write", loosen, "can be written by other users"],
  ])("rejects a consent file %s", async (_name, spoil, message) => {
    const home = tempFolder();
    await nexus(home, {}, "telemetry", "enable", "--yes");
    spoil(join(home, ".config", "nexus", "consent.jsonl"));
    const { permission, notes } = JSON.parse((await nexus(home, {}, "telemetry", "status", "--json")).out);
    expect(permission).toMatchObject({ mode: "off", consent: "never_asked" });
    expect(notes.join(" ")).toContain(message);
  });

  it("does not follow another user's link to the outbox or the home", async () => {
    const home = tempFolder();
    const server = await UsageServer.start();
    const [shared, keys] = [tempFolder(), join(home, "keys")];
    mkdirSync(keys, { mode: 0o700 });
    writeFileSync(join(keys, "id"), "mine");
    symlinkSync(keys, join(shared, "outbox"));
    for (const path of [shared, join(shared, "outbox")]) spawnSync("chown", ["-h", String(nobodyUid), path]);
    const env = { NEXUS_USAGE_UPLOAD_URL: server.url, NEXUS_USAGE_OUTBOX_DIR: join(shared, "outbox") };
    const share = ["--share", "--yes", "--notice", noticeVersion, "--destination", server.url, "--categories", "all"];
    for (const line of [["telemetry", "enable", ...share], ["sync"]])
      expect((await nexus(home, env, ...line)).err).toContain("belongs to another user");
    expect(readdirSync(keys)).toEqual(["id"]);
    const linkedHome = await nexus(home, { NEXUS_HOME: join(shared, "outbox") }, "telemetry", "enable", "--yes");
    expect(linkedHome).toMatchObject({ code: 1, err: expect.stringContaining("belongs to another user") });
    expect(readdirSync(keys)).toEqual(["id"]);
  });

  it("creates nothing as root in another user's home, and names the user to run as", async () => {
    const home = tempFolder();
    chown(home);
    expect(await nexus(home, {}, "telemetry", "enable", "--yes")).toMatchObject({
      code: 1,
      err: expect.stringContaining("Run this as that user"),
    });
    expect(await nexus(home, {}, "run", "--", "true")).toMatchObject({ code: 0 });
    expect(readdirSync(home)).toEqual([]);
  });

  it("does not run another user's hook script", async () => {
    const home = await createUser("local");
    const script = join(home, "nexus", "state", "agents", "hook.awk");
    const proof = join(home, "proof");
    writeFileSync(script, `BEGIN { system("touch ${proof}") }`);
    chown(script);
    const settings = JSON.parse(readFileSync(join(home, ".claude", "settings.json"), "utf8"));
    const { command } = settings.hooks.PostToolUse[0].hooks[0];
    spawnSync("sh", ["-c", command], { input: hookPayload, env: { PATH: process.env["PATH"], HOME: home } });
    expect(existsSync(proof)).toBe(false);
  });
});

describe("symbolic links", () => {
  /** Creates a valid line, which an import would accept. */
  const line = () =>
    JSON.stringify({
      id: v7(),
      ts: Date.now() + 1,
      utc_offset_min: 0,
      session_id: v4(),
      source: "nexus_cli",
      seq: 1,
      event_type: "command_started",
      command: "status",
    });

  it("never writes, moves or empties an event log through a link", async () => {
    const home = tempFolder();
    await nexus(home, {}, "telemetry", "enable", "--yes");
    const events = join(home, "nexus", "state", "events");
    mkdirSync(events, { mode: 0o700 });
    const profile = join(home, ".profile");
    writeFileSync(profile, `${line()}\n`);
    const before = readFileSync(profile, "utf8");
    for (const name of ["nexus-cli.jsonl", "other.jsonl", "node-sdk.jsonl", "python-sdk.jsonl"])
      symlinkSync(profile, join(events, name));
    await nexus(home, {}, "telemetry", "status");
    const { err } = await nexus(home, {}, "usage", "import");
    expect(err).toContain("other.jsonl cannot be imported (ELOOP)");
    await nexus(home, {}, "event", "emit", "task_completed");
    await nexus(home, {}, "telemetry", "delete", "--confirm");
    expect(readFileSync(profile, "utf8")).toBe(before);
    expect(readdirSync(events)).toContain("other.jsonl");
  });

  it("moves no file through a link in the outbox", async () => {
    const home = tempFolder();
    const outbox = join(home, "nexus", "state", "events-outbox");
    const startup = join(home, "startup");
    mkdirSync(startup);
    const server = await UsageServer.start();
    const env = { NEXUS_USAGE_UPLOAD_URL: server.url };
    const share = ["--share", "--yes", "--notice", noticeVersion, "--destination", server.url, "--categories", "all"];
    await nexus(home, env, "telemetry", "enable", ...share);
    mkdirSync(outbox, { recursive: true, mode: 0o700 });
    writeFileSync(join(outbox, "evil.sh"), "#!/bin/sh\n");
    symlinkSync(startup, join(outbox, "foreign"));
    await nexus(home, env, "event", "emit", "command_finished", "--set", "command_path=status");
    const { err, out } = await nexus(home, env, "sync");
    expect(err + out).toContain("is a link, so it is not used");
    expect(readdirSync(startup)).toEqual([]);
  });
});

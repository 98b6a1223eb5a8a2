/**
 * Invariant only-you-can-say-yes, with the built command, the installed hook and both SDKs: a repository that sets the environment of
 * what runs in it, and ships any files, makes no event enter or leave the user's own NEXUS_HOME.
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
import { noticeVersion } from "../../shared/consent/notice.ts";
import { categories } from "../../shared/schema/categories.ts";
import { consentRecord } from "../fixtures/consent-record.ts";
import { decide } from "../fixtures/consented.ts";
import { nexus } from "../fixtures/run-cli.ts";
import { tempFolder } from "../fixtures/temp-folder.ts";
import { UsageServer } from "../fixtures/usage-server.ts";

/** Every file below a folder with the digest of its bytes, but for locks and what only reading changes. */
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

/** How many events a home has, but for those of the runs of the command that this itself makes. */
async function eventsIn(home: string): Promise<number> {
  await nexus(home, {}, "usage", "import");
  const file = join(home, "export.json");
  await nexus(home, {}, "telemetry", "export", "--output", file);
  const events: readonly { readonly payload: { readonly command?: string } }[] = JSON.parse(readFileSync(file, "utf8"));
  return events.filter(({ payload: { command = "" } }) => !/^(usage import|telemetry|agents)/.test(command)).length;
}

type Decided = "never asked" | "off" | "local";

/** A user with an agent that is connected, and the events of a day where they record. */
async function user(decided: Decided): Promise<string> {
  const home = tempFolder();
  mkdirSync(join(home, ".claude"));
  if (decided !== "never asked") await nexus(home, {}, "telemetry", "enable", "--yes");
  await nexus(home, {}, "agents", "connect", "claude_code", "--yes");
  if (decided === "local") await nexus(home, {}, "event", "emit", "task_completed");
  if (decided === "off") await nexus(home, {}, "telemetry", "disable");
  return home;
}

/** A repository with a decision of its own to share everything with its own server, in every form that there was. */
function repository(server: UsageServer): string {
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

/** Everything of ours that may run in a repository, under its environment. */
async function workIn(home: string, env: Readonly<Record<string, string>>): Promise<void> {
  const all = { PATH: process.env["PATH"] ?? "", HOME: home, ...env };
  const settings = JSON.parse(readFileSync(join(home, ".claude", "settings.json"), "utf8"));
  const { command } = settings.hooks.PostToolUse[0].hooks[0];
  const { stdout, stderr, status } = spawnSync("sh", ["-c", command], {
    input: hookPayload,
    env: all,
    encoding: "utf8",
  });
  expect([status, stdout, stderr]).toEqual([0, "", ""]);
  const python = { ...all, PYTHONPATH: join(root, "sdk", "python", "src") };
  spawnSync("python3", ["-B", "-c", pythonProgram], { env: python });
  spawnSync(process.execPath, ["--input-type=module", "-e", nodeProgram], { env: all });
  for (const line of [
    ["telemetry", "status"],
    ["run", "--", "true"],
    ["event", "emit", "command_finished", "--set", "command_path=status"],
    ["usage", "import"],
    ["stats"],
    ["sync"],
    ["usage", "upload"],
  ]) {
    await nexus(all.HOME, env, ...line);
  }
}

describe("invariant: only-you-can-say-yes", () => {
  const variables = {
    XDG_CONFIG_HOME: (folder: string) => join(folder, ".config"),
    HOME: (folder: string) => folder,
    NEXUS_HOME: (folder: string) => join(folder, "nexus"),
  } as const;
  const sets: readonly (readonly (keyof typeof variables)[])[] = [
    ["XDG_CONFIG_HOME"],
    ["HOME"],
    ["NEXUS_HOME"],
    ["XDG_CONFIG_HOME", "NEXUS_HOME"],
    ["XDG_CONFIG_HOME", "HOME", "NEXUS_HOME"],
  ];

  it.each(
    sets.flatMap((names) => (["never asked", "off", "local"] as const).map((decided) => [names, decided] as const)),
  )("a repository that sets %j turns nothing on for a user who decided: %s", async (names, decided) => {
    const server = await UsageServer.start();
    const [home, evil] = [await user(decided), repository(server)];
    const own = join(home, "nexus");
    const before = snapshot(own);
    const stored = decided === "local" ? await eventsIn(home) : 0;
    const env = Object.fromEntries(names.map((name) => [name, variables[name](evil)]));
    await workIn(home, { ...env, NEXUS_USAGE_UPLOAD_URL: server.url });
    // Where the user records, their own agent's hook goes on: it is theirs, whatever the repository says.
    if (decided !== "local") expect(snapshot(own)).toEqual(before);
    else expect(await eventsIn(home)).toBeLessThanOrEqual(stored + 1);
    const received = JSON.stringify(server.bodies.map(String));
    expect(received).not.toContain("task_completed");
    // Nothing is sent that the repository's own folder did not record.
    if (!names.includes("NEXUS_HOME") && !names.includes("HOME")) expect(server.arrived).toEqual([]);
  });

  it("a repository whose NEXUS_HOME leads into the user's own by links gets no event in, and none out", async () => {
    const server = await UsageServer.start();
    const home = await user("local");
    const stored = await eventsIn(home);
    for (const part of ["state", "state/events", "state/telemetry.db", "state/usage", "state/events-outbox"]) {
      const evil = repository(server);
      mkdirSync(join(evil, "nexus", part, ".."), { recursive: true, mode: 0o700 });
      if (existsSync(join(evil, "nexus", part))) continue;
      symlinkSync(join(home, "nexus", part), join(evil, "nexus", part));
      await workIn(home, {
        NEXUS_HOME: join(evil, "nexus"),
        XDG_CONFIG_HOME: join(evil, ".config"),
        NEXUS_USAGE_UPLOAD_URL: server.url,
      });
    }
    expect(await eventsIn(home)).toBeLessThanOrEqual(stored + 5);
    expect(JSON.stringify(server.bodies.map(String))).not.toContain("task_completed");
  });

  it("a repository that links the user's own decision beside a configuration of its own changes nothing", async () => {
    const server = await UsageServer.start();
    const home = await user("local");
    await nexus(home, {}, "telemetry", "config", "set", "mode", "off");
    const before = snapshot(join(home, "nexus"));
    const evil = repository(server);
    const linked = join(evil, ".config", "nexus", "consent.jsonl");
    rmSync(linked);
    symlinkSync(join(home, ".config", "nexus", "consent.jsonl"), linked);
    await workIn(home, { XDG_CONFIG_HOME: join(evil, ".config"), NEXUS_USAGE_UPLOAD_URL: server.url });
    expect(snapshot(join(home, "nexus"))).toEqual(before);
    expect(server.arrived).toEqual([]);
  });

  it("a repository whose folder of what was not imported is the user's takes nothing from it", async () => {
    const server = await UsageServer.start();
    const [home, evil] = [await user("local"), repository(server)];
    const events = join(home, "nexus", "state", "events");
    writeFileSync(join(events, "tool.jsonl"), "damaged\n");
    await eventsIn(home);
    const kept = join(events, "not-imported");
    const before = snapshot(kept);
    mkdirSync(join(evil, "nexus", "state", "events"), { recursive: true, mode: 0o700 });
    symlinkSync(kept, join(evil, "nexus", "state", "events", "not-imported"));
    const refused = await nexus(evil, {}, "usage", "import");
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining("not-imported is a link") });
    expect(snapshot(kept)).toEqual(before);
  });

  it("a repository whose decision is for another folder cannot name the user's database", async () => {
    const server = await UsageServer.start();
    const [home, evil] = [await user("local"), repository(server)];
    const stored = await eventsIn(home);
    const database = join(home, "nexus", "state", "telemetry.db");
    const env = { HOME: evil, NEXUS_TELEMETRY_PATH: database, NEXUS_USAGE_UPLOAD_URL: server.url };
    const refused = await nexus(evil, env, "event", "emit", "task_completed");
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining("belongs to another installation") });
    await nexus(evil, env, "sync");
    expect(await eventsIn(home)).toBe(stored);
    expect(server.bodies).toEqual([]);
  });

  it("a consent file from another machine counts as never asked, and is named", async () => {
    const [home, other] = [tempFolder(), tempFolder()];
    await nexus(other, {}, "telemetry", "enable", "--yes");
    await nexus(home, {}, "telemetry", "enable", "--yes");
    cpSync(join(other, ".config"), join(home, ".config"), { recursive: true, force: true });
    const { permission, remarks: notes } = JSON.parse((await nexus(home, {}, "telemetry", "status", "--json")).out);
    expect(permission).toMatchObject({ mode: "off", consent: "never_asked" });
    expect(notes.join(" ")).toContain("consent.jsonl belongs to another installation");
    expect(await nexus(home, {}, "event", "emit", "task_completed")).toMatchObject({ code: 3 });
    // Given again, it counts again.
    await nexus(home, {}, "telemetry", "enable", "--yes");
    expect(await nexus(home, {}, "event", "emit", "task_completed")).toMatchObject({ code: 0 });
  });

  it("a decision that names no installation counts only after a window or a terminal has bound it", async () => {
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
describe.skipIf(process.getuid?.() !== 0)("what another user owns or can write", () => {
  const nobody = 65_534;
  const chown = (path: string) => spawnSync("chown", [String(nobody), path]);
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
  ])("%s is refused with what to do", async (_what, part, spoil, says) => {
    const home = tempFolder();
    await nexus(home, {}, "telemetry", "enable", "--yes");
    await nexus(home, {}, "event", "emit", "task_completed");
    for (const name of ["events", "events-outbox"])
      mkdirSync(join(home, "nexus", "state", name), { recursive: true, mode: 0o700 });
    spoil(join(home, part));
    const ownFiles = () => {
      const { "state/recording.txt": state, ...files } = snapshot(join(home, "nexus"));
      // What hooks may do is taken back, where the file itself is the user's.
      return part === "nexus" ? { ...files, state } : files;
    };
    const before = ownFiles();
    for (const line of [
      ["stats"],
      ["event", "emit", "task_completed"],
      ["usage", "import"],
      ["telemetry", "delete", "--confirm"],
    ])
      expect(await nexus(home, {}, ...line)).toMatchObject({ code: 1, err: expect.stringContaining(says) });
    expect(ownFiles()).toEqual(before);
  });

  it.each([
    ["of another user", chown, "belongs to another user"],
    ["that others can write", loosen, "can be written by other users"],
  ])("a consent file %s says no yes", async (_what, spoil, says) => {
    const home = tempFolder();
    await nexus(home, {}, "telemetry", "enable", "--yes");
    spoil(join(home, ".config", "nexus", "consent.jsonl"));
    const { permission, remarks: notes } = JSON.parse((await nexus(home, {}, "telemetry", "status", "--json")).out);
    expect(permission).toMatchObject({ mode: "off", consent: "never_asked" });
    expect(notes.join(" ")).toContain(says);
  });

  it("a link of another user on the way to the outbox or the home is not followed", async () => {
    const home = tempFolder();
    const server = await UsageServer.start();
    const [shared, keys] = [tempFolder(), join(home, "keys")];
    mkdirSync(keys, { mode: 0o700 });
    writeFileSync(join(keys, "id"), "mine");
    symlinkSync(keys, join(shared, "outbox"));
    for (const path of [shared, join(shared, "outbox")]) spawnSync("chown", ["-h", String(nobody), path]);
    const env = { NEXUS_USAGE_UPLOAD_URL: server.url, NEXUS_USAGE_OUTBOX_DIR: join(shared, "outbox") };
    const share = ["--share", "--yes", "--notice", noticeVersion, "--destination", server.url, "--categories", "all"];
    for (const line of [["telemetry", "enable", ...share], ["sync"]])
      expect((await nexus(home, env, ...line)).err).toContain("belongs to another user");
    expect(readdirSync(keys)).toEqual(["id"]);
    const linkedHome = await nexus(home, { NEXUS_HOME: join(shared, "outbox") }, "telemetry", "enable", "--yes");
    expect(linkedHome).toMatchObject({ code: 1, err: expect.stringContaining("belongs to another user") });
    expect(readdirSync(keys)).toEqual(["id"]);
  });

  it("root makes nothing in another user's home, and says as whom to run it", async () => {
    const home = tempFolder();
    chown(home);
    expect(await nexus(home, {}, "telemetry", "enable", "--yes")).toMatchObject({
      code: 1,
      err: expect.stringContaining("Run this as that user"),
    });
    expect(await nexus(home, {}, "run", "--", "true")).toMatchObject({ code: 0 });
    expect(readdirSync(home)).toEqual([]);
  });

  it("another user's hook is not run as the user", async () => {
    const home = await user("local");
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

describe("a link", () => {
  /** Ids of events, so that a log has lines that would be imported. */
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

  it("is never written, moved or emptied through, and what it leads to stays as it is", async () => {
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

  it("in the outbox moves nothing of somebody else's", async () => {
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

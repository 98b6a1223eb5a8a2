/**
 * Invariant only-you-can-say-yes: the installed hook writes only if the product would record. Each
 * change by a user or program is tested before and after the next run of the product.
 */
import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { decide, keepState } from "../../test/fixtures/consented.ts";
import { tempFolder } from "../../test/fixtures/temp-folder.ts";
import { pathsFrom } from "../config/paths.ts";
import { Connections } from "./connections.ts";

const payload = JSON.stringify({
  hook_event_name: "PostToolUse",
  tool_name: "Bash",
  tool_use_id: `toolu_${"0".repeat(12)}`,
});

interface Files {
  readonly home: string;
  readonly config: string;
  readonly consent: string;
  readonly state: string;
}

function recording(config?: string) {
  const home = tempFolder();
  const folder = join(home, ".config", "nexus");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (config !== undefined) writeFileSync(join(folder, "config.toml"), config);
  decide(home);
  const connections = new Connections(pathsFrom({}, home), home, {});
  const change = connections.planConnect("claude_code");
  if (change !== undefined) connections.connect(change);
  const files: Files = {
    home,
    config: join(folder, "config.toml"),
    consent: join(folder, "consent.jsonl"),
    state: join(home, "nexus", "state", "recording.txt"),
  };
  /** Runs the hook with an awk as an agent does. Returns whether it wrote a line. */
  const writes = (awk: string, env: Readonly<Record<string, string>> = {}): boolean => {
    const log = join(home, "nexus", "state", "events", "agent-hooks.jsonl");
    rmSync(log, { force: true });
    const command = connections.commandOf("claude_code").replace(/ LC_ALL=C \S+(?: awk)? -v /, ` LC_ALL=C ${awk} -v `);
    const { status, stdout, stderr } = spawnSync("sh", ["-c", command], {
      input: payload,
      env: { PATH: process.env["PATH"], HOME: home, ...env },
      encoding: "utf8",
    });
    expect([status, stdout, stderr]).toEqual([0, "", ""]);
    return existsSync(log);
  };
  return { files, writes };
}

const setConfig = (text: string) => (files: Files) => writeFileSync(files.config, text);
const edit = (path: keyof Files, change: (text: string) => string) => (files: Files) =>
  writeFileSync(files[path], change(readFileSync(files[path], "utf8")));

/** States in which the product records nothing. */
const off: Readonly<Record<string, (files: Files) => unknown>> = {
  "a truncated consent record": edit("consent", (text) => text.slice(0, -20)),
  "a consent record that is not JSON": (files) => appendFileSync(files.consent, "{mode: local}\n"),
  "a consent record of zeros after a power failure": (files) => appendFileSync(files.consent, "\0".repeat(40)),
  "a consent record of another installation": edit("consent", (text) =>
    text.replace(/"installation":"[0-9a-f]{8}/, '"installation":"00000000'),
  ),
  "a consent record with mode off": (files) =>
    appendFileSync(
      files.consent,
      '{"ts":"2026-01-01T00:00:00.000Z","mode":"off","collect":[],"notice":{"version":"1"}}\n',
    ),
  "no consent record": (files) => rmSync(files.consent),
  "mode off, escaped": setConfig('[telemetry]\nmode = "\\u006fff"\n'),
  "mode off on two lines": setConfig('[telemetry]\nmode = """\\\n  off"""\n'),
  "mode off in an inline table": setConfig("telemetry = { mode = 'off' }\n"),
  "a mistyped key": setConfig('[telemetry]\nmod = "off"\n'),
  "a wrong type": setConfig('[telemetry]\nenabled = "no"\n'),
  "a configuration that is not TOML": setConfig("[telemetry\n"),
  "a configuration that is a folder": (files) => {
    rmSync(files.config, { force: true });
    mkdirSync(files.config);
  },
  "a configuration that is a broken link": (files) => {
    rmSync(files.config, { force: true });
    symlinkSync("/nonexistent/config.toml", files.config);
  },
};

/** States in which another user could write the hook's inputs or read its output. */
const shared: Readonly<Record<string, (files: Files) => unknown>> = {
  "a consent file that others can write": (files) => chmodSync(files.consent, 0o602),
  "a consent folder that others can write": (files) => chmodSync(join(files.consent, ".."), 0o777),
  "a state file that others can write": (files) => chmodSync(files.state, 0o620),
  "a NEXUS_HOME that others can write": (files) => chmodSync(join(files.home, "nexus"), 0o777),
  "an event log folder that others can write": (files) =>
    chmodSync(join(files.home, "nexus", "state", "events"), 0o770),
  "a consent file that is a link": (files) => {
    renameSync(files.consent, `${files.consent}.real`);
    symlinkSync(`${files.consent}.real`, files.consent);
  },
  "an event log folder that is a link": (files) => {
    const events = join(files.home, "nexus", "state", "events");
    renameSync(events, `${events}.real`);
    symlinkSync(`${events}.real`, events);
  },
};

/**
 * States with an outdated state file: the next run of the product updates it; until then the hook
 * writes nothing.
 */
const stale: Readonly<Record<string, (files: Files) => unknown>> = {
  "a configuration change without effect": setConfig("[telemetry]\nretention_days = 30\n"),
  "a comment in the configuration": setConfig("# mine\n"),
  "a missing state file": (files) => rmSync(files.state),
  "a truncated state file": edit("state", (text) => text.slice(0, 60)),
  "a state file of another version": edit("state", (text) => text.replace("recording 1", "recording 2")),
  "a state file that allows more": edit("state", (text) => text.replace("consent\n{", "consent\n {")),
  "a state file over 64 KB": (files) => appendFileSync(files.state, `${"x".repeat(70_000)}\n`),
};

/** The awks of Debian, of macOS and the BSDs, of Alpine, and GNU awk. */
const awks = ["mawk", "original-awk", "busybox awk", "gawk"];

describe.each(awks)("the installed hook on %s", (awk) => {
  it.each(Object.keys(off))("writes nothing with %s, before and after a run of the product", (what) => {
    for (const config of [undefined, "[telemetry]\nretention_days = 60"]) {
      const { files, writes } = recording(config);
      expect(writes(awk)).toBe(true);
      off[what]?.(files);
      expect(writes(awk)).toBe(false);
      try {
        keepState(files.home);
      } catch {
        // The file is unreadable.
      }
      expect(writes(awk)).toBe(false);
    }
  });

  it.each(Object.keys(shared))("writes nothing with %s", (what) => {
    const { files, writes } = recording();
    shared[what]?.(files);
    expect(writes(awk)).toBe(false);
    try {
      keepState(files.home);
    } catch {
      // Files that others can write are refused.
    }
    expect(writes(awk)).toBe(false);
  });

  it("does not write through a link and does not block on a pipe", () => {
    const { files } = recording();
    const log = join(files.home, "nexus", "state", "events", "agent-hooks.jsonl");
    const target = join(files.home, "target");
    writeFileSync(target, "mine");
    const settings = JSON.parse(readFileSync(join(files.home, ".claude", "settings.json"), "utf8"));
    const command = settings.hooks.PostToolUse[0].hooks[0].command.replace(" awk ", ` ${awk} `);
    const env = { PATH: process.env["PATH"], HOME: files.home };
    symlinkSync(target, log);
    spawnSync("sh", ["-c", command], { input: payload, env });
    expect(readFileSync(target, "utf8")).toBe("mine");
    rmSync(log);
    spawnSync("mkfifo", [log]);
    expect(spawnSync("sh", ["-c", command], { input: payload, env, timeout: 10_000 }).status).toBe(0);
  });

  it.each(Object.keys(stale))("writes nothing with %s until the next run of the product", (what) => {
    const { files, writes } = recording();
    expect(writes(awk)).toBe(true);
    stale[what]?.(files);
    expect(writes(awk)).toBe(false);
    keepState(files.home);
    expect(writes(awk)).toBe(true);
  });

  it.each(["NEXUS_TELEMETRY", "NEXUS_TELEMETRY_ENABLED", "NEXUS_EVENT_LOG"])("honours %s", (name) => {
    const { writes } = recording();
    for (const value of ["0", "false", " OFF ", "no", "off\r", "\u00a0false"])
      expect(writes(awk, { [name]: value })).toBe(false);
    expect(writes(awk, { [name]: "true" })).toBe(true);
  });

  it("ignores folders in the environment", () => {
    const { writes } = recording();
    const elsewhere = tempFolder();
    for (const name of ["HOME", "NEXUS_HOME", "XDG_CONFIG_HOME"]) expect(writes(awk, { [name]: elsewhere })).toBe(true);
  });

  it("honours the policy file", () => {
    const { files, writes } = recording();
    const policy = join(files.home, "policy.toml");
    const script = join(files.home, "nexus", "state", "agents", "hook.awk");
    writeFileSync(script, readFileSync(script, "utf8").replace("/etc/nexus/policy.toml", policy));
    expect(writes(awk)).toBe(true);
    writeFileSync(policy, '[telemetry]\nmode = "share"\n');
    expect(writes(awk)).toBe(false);
    renameSync(policy, `${policy}.off`);
    expect(writes(awk)).toBe(true);
  });
});

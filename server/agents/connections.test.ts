import { createHash, randomUUID } from "node:crypto";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { parse } from "jsonc-parser";
import { describe, expect, it } from "vitest";
import { type AgentName, agentNames } from "../../shared/protocol/agents.ts";
import { tempFolder } from "../../test/fixtures/temp-folder.ts";
import { pathsFrom } from "../config/paths.ts";
import { Connections } from "./connections.ts";
import { forgetSettings } from "./forget.ts";
import { blockedBy, claudePolicies } from "./policies.ts";
import { SettingsError } from "./settings.ts";

/** Returns the files below a folder that contain a text. */
function filesWith(folder: string, text: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile() && readFileSync(path, "utf8").includes(text));
}

function setUp(home = tempFolder(), env: Readonly<Record<string, string>> = {}) {
  const connections = new Connections(pathsFrom({}, home), home, env);
  const status = (name: AgentName) => connections.list().find((agent) => agent.name === name);
  const file = (name: AgentName) => status(name)?.file ?? "";
  const connect = (name: AgentName) => {
    const change = connections.planConnect(name);
    if (change !== undefined) connections.connect(change);
    return change;
  };
  const write = (name: AgentName, text: string) => {
    mkdirSync(dirname(file(name)), { recursive: true });
    writeFileSync(file(name), text);
  };
  return {
    home,
    connections,
    file,
    connect,
    write,
    status,
    text: (name: AgentName) => readFileSync(file(name), "utf8"),
  };
}

type Folder = ReturnType<typeof setUp>;

const settings = `{
\t// My own.
\t"model": "opus",
\t"hooks": {
\t\t"PostToolUse": [
\t\t\t{ "matcher": "Edit", "hooks": [{ "type": "command", "command": "prettier --write" }] }, // keep
\t\t],
\t},
}
`;

/** The others get a file of our own: `plugins.test.ts`. */
const withSettings = agentNames.filter((name) => !["cline", "opencode", "amp", "pi"].includes(name));

describe.each(withSettings)("connecting %s", (name) => {
  it("creates a missing file and removes it again", () => {
    const { connections, connect, status, file } = setUp();
    expect(status(name)).toMatchObject({ installed: false, connected: false, blockedBy: null });
    expect(connect(name)?.before).toBeNull();
    expect(status(name)).toMatchObject({ connected: true });
    expect(statSync(file(name)).mode & 0o777).toBe(0o600);
    expect(connect(name)).toBeUndefined();
    expect(connections.disconnect(name)).toBe(true);
    expect(existsSync(file(name))).toBe(false);
    expect(connections.disconnect(name)).toBe(false);
  });

  it("keeps comments, other entries and the file mode, and restores the same bytes", () => {
    const { connections, connect, write, text, file, status } = setUp();
    write(name, settings);
    chmodSync(file(name), 0o644);
    connect(name);
    // Every line of the user is unchanged, except for a trailing comma.
    const lines = new Set(
      text(name)
        .split("\n")
        .map((line) => line.replace(/,$/, "")),
    );
    for (const line of settings.split("\n")) expect(lines).toContain(line.replace(/,$/, ""));
    expect(parse(text(name)).hooks.PostToolUse[0].hooks[0].command).toBe("prettier --write");
    expect(status(name)?.connected).toBe(true);
    expect(statSync(file(name)).mode & 0o777).toBe(0o644);
    connections.disconnect(name);
    expect(text(name)).toBe(settings);
  });

  it("removes only its own entries if the file changed since", () => {
    const { connections, connect, write, text } = setUp();
    write(name, settings);
    connect(name);
    write(name, text(name).replace('"opus"', '"sonnet"'));
    connections.disconnect(name);
    expect(text(name)).toBe(settings.replace('"opus"', '"sonnet"'));
  });
});

describe("agent settings", () => {
  it("rejects invalid JSON and unexpected types by file, line and key, without changing the file", () => {
    const { connections, write, text } = setUp();
    for (const [broken, message] of [
      ['{\n  "a": 1,\n  "b" 2\n}\n', /settings\.json, line 3: invalid JSON/],
      ["[1]\n", /settings\.json must contain a JSON object/],
      ['{"hooks":{"PostToolUse":"x"}}', /hooks\.PostToolUse in .* must be a list/],
    ] as const) {
      write("claude_code", broken);
      expect(() => connections.planConnect("claude_code")).toThrow(message);
      expect(text("claude_code")).toBe(broken);
    }
  });

  it("does not write a file that changed after the change was planned", () => {
    const { connections, write, text } = setUp();
    write("claude_code", settings);
    const change = connections.planConnect("claude_code");
    write("claude_code", '{"model":"haiku"}\n');
    expect(() => change && connections.connect(change)).toThrow(SettingsError);
    expect(text("claude_code")).toBe('{"model":"haiku"}\n');
    // Two windows connect at the same time: the second finds the file changed.
    const [first, second] = [connections.planConnect("claude_code"), connections.planConnect("claude_code")];
    if (first) connections.connect(first);
    expect(() => second && connections.connect(second)).toThrow(/changed in the meantime/);
    expect(parse(text("claude_code")).hooks.PostToolUse).toHaveLength(1);
  });

  it("lists all agents although one agent's settings cannot be read", () => {
    const { home } = setUp();
    mkdirSync(join(home, ".factory", "settings.json"), { recursive: true });
    const connections = () => new Connections(pathsFrom({}, home), home, {});
    expect(connections).not.toThrow();
  });

  it("does not add a shell hook on Windows", () => {
    const { home } = setUp();
    const connections = new Connections(pathsFrom({}, home), home, {}, "win32");
    expect(() => connections.planConnect("cursor")).toThrow(
      /Add the command "nexus hook --agent cursor" to .*hooks\.json/,
    );
  });

  it.each([
    ["posts to a port that others can take", { type: "http", url: "http://127.0.0.1:21234/nexus/v1/hook", timeout: 1 }],
    [
      "runs the script without checking its owner",
      { type: "command", command: "umask 077; LC_ALL=C awk -f SCRIPT 2>/dev/null || :" },
    ],
  ])("replaces an entry of an earlier version that %s, and lists the removed lines", (_what, former) => {
    const { home, connections, write, text, status } = setUp();
    const script = `'${join(home, "nexus", "state", "agents", "hook.awk")}'`;
    const hook = JSON.parse(JSON.stringify(former).replace("SCRIPT", script));
    const theirs = { hooks: { PostToolUse: [{ hooks: [{ type: "command", command: "mine" }] }] } };
    const ours = { hooks: { PostToolUse: [...theirs.hooks.PostToolUse, { hooks: [hook] }] } };
    write("claude_code", JSON.stringify(ours, null, 2));
    expect(status("claude_code")).toMatchObject({ connected: true, outdated: true });
    const change = connections.planConnect("claude_code");
    expect(change?.removed.join("\n")).toContain(hook.url ?? "umask 077; LC_ALL=C awk");
    if (change) connections.connect(change);
    expect(status("claude_code")).toMatchObject({ connected: true, outdated: false });
    expect(text("claude_code")).not.toMatch(/"http"|; LC_ALL/);
    connections.disconnect("claude_code");
    expect(parse(text("claude_code"))).toEqual(theirs);
  });

  it("keeps a foreign hook that posts to another host", () => {
    const { connections, connect, write, text } = setUp();
    const foreign = { type: "http", url: "https://corp.example/nexus/v1/hook" };
    write("claude_code", JSON.stringify({ hooks: { PostToolUse: [{ hooks: [foreign] }] } }));
    expect(connections.isConnected("claude_code")).toBe(false);
    connect("claude_code");
    connections.disconnect("claude_code");
    expect(parse(text("claude_code")).hooks.PostToolUse).toEqual([{ hooks: [foreign] }]);
  });

  it("never copies the settings: no file of ours contains a key from them", () => {
    const { home, connections, connect, write, text } = setUp();
    const key = `key-${randomUUID()}`;
    const before = JSON.stringify({ env: { ANTHROPIC_API_KEY: key }, model: "opus" }, null, 4);
    write("claude_code", before);
    connect("claude_code");
    expect(filesWith(join(home, "nexus"), key)).toEqual([]);
    connections.disconnect("claude_code");
    expect(text("claude_code")).toBe(before);
  });

  it("replaces a copy of an earlier version, and still restores the file byte for byte", () => {
    const { home, connections, connect, write, text, file } = setUp();
    const key = `key-${randomUUID()}`;
    const before = JSON.stringify({ env: { ANTHROPIC_API_KEY: key } });
    write("claude_code", before);
    connect("claude_code");
    const after = createHash("sha256").update(text("claude_code")).digest("hex");
    const copy = { file: file("claude_code"), before, afterSha256: after, mode: 0o600 };
    writeFileSync(join(home, "nexus", "state", "agents", "claude_code.json"), JSON.stringify(copy));
    connections.refresh(true);
    expect(filesWith(join(home, "nexus"), key)).toEqual([]);
    connections.disconnect("claude_code");
    expect(text("claude_code")).toBe(before);
  });

  it("disconnects also after a purge has removed the undo record", () => {
    const { home, connections, connect, write, text } = setUp();
    write("claude_code", '{"model": "opus"}');
    connect("claude_code");
    expect(forgetSettings(pathsFrom({}, home))).toBe(1);
    expect(forgetSettings(pathsFrom({}, home))).toBe(0);
    connections.disconnect("claude_code");
    expect(parse(text("claude_code"))).toEqual({ model: "opus" });
  });

  it("keeps a symbolic link and changes its target", () => {
    const { home, connections, connect, file } = setUp();
    const real = join(home, "dotfiles.json");
    writeFileSync(real, settings);
    mkdirSync(dirname(file("claude_code")), { recursive: true });
    symlinkSync(real, file("claude_code"));
    connect("claude_code");
    expect(lstatSync(file("claude_code")).isSymbolicLink()).toBe(true);
    expect(readFileSync(real, "utf8")).toContain("hook.awk");
    connections.disconnect("claude_code");
    expect(readFileSync(real, "utf8")).toBe(settings);
  });

  it("restores settings of any shape byte for byte, and adds only our entries in between", () => {
    const key = fc.constantFrom("model", "hooks", "PostToolUse", "x", "a b", "ünïcode");
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: "small" },
        fc.string(),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        tie("list"),
        tie("object"),
      ),
      list: fc.array(tie("value"), { maxLength: 3 }),
      object: fc.dictionary(key, tie("value"), { maxKeys: 4 }),
    }));
    const document = fc.dictionary(fc.constantFrom("model", "env", "x", "ünïcode"), value, { maxKeys: 4 });
    fc.assert(
      fc.property(
        document,
        fc.constantFrom(undefined, 2, 4, "\t"),
        fc.constantFrom("\n", "\r\n"),
        (before, indent, eol) => {
          const { connections, connect, write, text } = setUp();
          const original = `${JSON.stringify(before, null, indent)}\n`.replaceAll("\n", eol);
          write("claude_code", original);
          connect("claude_code");
          // Change the file, so that the undo record does not apply.
          write("claude_code", `${text("claude_code")}${eol}`);
          const { hooks, ...rest } = parse(text("claude_code"));
          expect(rest).toEqual(before);
          expect(Object.keys(hooks)).toHaveLength(11);
          connections.disconnect("claude_code");
          expect(text("claude_code")).toBe(`${original}${eol}`);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("keeps the user's hooks, also inside our group", () => {
    const { connections, connect, write, text } = setUp();
    connect("gemini_cli");
    const own = { type: "command", command: "prettier --write" };
    const changed = parse(text("gemini_cli"));
    changed.hooks.AfterTool[0].hooks.push(own);
    write("gemini_cli", JSON.stringify(changed));
    connections.disconnect("gemini_cli");
    expect(parse(text("gemini_cli"))).toEqual({ hooks: { AfterTool: [{ matcher: "*", hooks: [own] }] } });
  });

  it("keeps comments in otherwise empty lists and objects", () => {
    const { connections, connect, write, text } = setUp();
    const between = '{\n  "hooks": { "PostToolUse": [{ "x": 1 } /* mine */, ] }\n}\n';
    write("claude_code", between);
    connect("claude_code");
    write("claude_code", `${text("claude_code")}\n`);
    connections.disconnect("claude_code");
    expect(text("claude_code")).toBe(`${between}\n`);
    for (const original of [
      '{"hooks":{"SessionStart":[\n // { my disabled hook }\n ]}}\n',
      '{\n  // "model": "opus"\n}\n',
    ]) {
      const { connections, connect, write, text } = setUp();
      write("claude_code", original);
      connect("claude_code");
      write("claude_code", `${text("claude_code")}\n`);
      connections.disconnect("claude_code");
      expect(text("claude_code")).toContain(original.includes("disabled") ? "my disabled hook" : '// "model": "opus"');
      expect(text("claude_code")).not.toContain("hook.awk");
    }
  });

  it("rejects a comment at the insertion point, a file that is not UTF-8, and a broken link", () => {
    const { connections, write, text, file, home } = setUp();
    const commented = '{\n  "model": "opus" /* chosen\n  by me */\n}\n';
    write("claude_code", commented);
    expect(() => connections.planConnect("claude_code")).toThrow(/Move the comment at hooks\.PostToolUse/);
    expect(text("claude_code")).toBe(commented);
    writeFileSync(file("claude_code"), Buffer.from([0x7b, 0x22, 0xe9, 0x22, 0x3a, 0x31, 0x7d]));
    expect(() => connections.planConnect("claude_code")).toThrow(/is not UTF-8/);
    mkdirSync(dirname(file("codex")), { recursive: true });
    symlinkSync(join(home, "nowhere.json"), file("codex"));
    expect(() => connections.planConnect("codex")).toThrow(/is a broken link/);
  });

  it("connects once and disconnects for a user name with an apostrophe", () => {
    const home = join(tempFolder(), "o'brien");
    mkdirSync(home);
    const { connections, connect, status } = setUp(home);
    connect("claude_code");
    expect(status("claude_code")?.connected).toBe(true);
    expect(connect("claude_code")).toBeUndefined();
    expect(connections.disconnect("claude_code")).toBe(true);
  });

  it("shows only the lines that it adds", () => {
    const { connect, write } = setUp();
    const secret = "curl -H token:theirs";
    write(
      "claude_code",
      JSON.stringify({ hooks: { PostToolUse: [], Stop: [{ hooks: [{ command: secret }] }], SessionEnd: [] } }, null, 2),
    );
    const lines = connect("claude_code")?.lines.join("\n") ?? "";
    expect(lines).not.toContain(secret);
    expect(lines.match(/awk -v agent=claude_code -f/g)).toHaveLength(11);
  });

  it("uses the folder in the agent's own variable, unless it is empty or relative", () => {
    const home = tempFolder();
    const elsewhere = join(home, "elsewhere");
    expect(setUp(home, { CLAUDE_CONFIG_DIR: "", CODEX_HOME: "relative" }).file("codex")).toBe(
      join(home, ".codex", "hooks.json"),
    );
    const relocated = setUp(home, { CLAUDE_CONFIG_DIR: elsewhere });
    relocated.connect("claude_code");
    // A process without that variable does not remove the hook there.
    expect(setUp(home).connections.disconnect("claude_code")).toBe(false);
    expect(existsSync(join(home, "nexus", "state", "agents", "hook.awk"))).toBe(true);
    relocated.connections.disconnect("claude_code");
    expect(existsSync(join(elsewhere, "settings.json"))).toBe(false);
  });

  it("restores the settings of each folder of an agent byte for byte, and knows the other ones", () => {
    const home = tempFolder();
    const folders = ["work", "private", "third"].map((name) => setUp(home, { CLAUDE_CONFIG_DIR: join(home, name) }));
    const [work, secondary, third] = folders as [Folder, Folder, Folder];
    for (const folder of folders) {
      folder.write("claude_code", settings);
      folder.connect("claude_code");
    }
    const files = folders.map(({ file }) => file("claude_code"));
    expect(work.connections.connectedElsewhere().toSorted()).toEqual(files.slice(1).toSorted());
    // The record of a file without our hook says nothing.
    secondary.write("claude_code", settings);
    expect(work.connections.connectedElsewhere()).toEqual(files.slice(2));
    for (const { connections } of [third, work]) connections.disconnect("claude_code");
    expect(files.map((file) => readFileSync(file, "utf8"))).toEqual([settings, settings, settings]);
    expect(existsSync(join(home, "nexus", "state", "agents", "hook.awk"))).toBe(false);
  });

  it.each([
    ["two hooks keys", '{\n  "hooks": { "Stop": [] },\n  "model": "opus",\n  "hooks": { "PreToolUse": [] }\n}\n'],
    ["an event twice", '{"hooks":{"PostToolUse":[{"matcher":"Write","hooks":[]}],"PostToolUse":[]}}'],
    ["a byte order mark", '\ufeff{"mcpServers":{}}'],
    ["a byte order mark and CRLF", '\ufeff{\r\n    "enabledPlugins": {},\r\n    "model": "opus"\r\n}\r\n'],
    ["nothing but a byte order mark", "\ufeff"],
  ])("adds the hook where the agent reads it: %s", (_, original) => {
    const { connections, connect, write, text, status } = setUp();
    write("claude_code", original);
    connect("claude_code");
    const after = text("claude_code");
    if (original.length > 1) expect(after.startsWith("\ufeff")).toBe(original.startsWith("\ufeff"));
    const { hooks } = JSON.parse(after.replace("\ufeff", ""));
    expect(JSON.stringify(hooks.PostToolUse)).toContain("agent=claude_code");
    expect(status("claude_code")).toMatchObject({ connected: true, outdated: false });
    connections.disconnect("claude_code");
    expect(text("claude_code")).toBe(original);
  });

  it("adds the version that Cursor requires, and removes it again", () => {
    const { connections, connect, write, text } = setUp();
    write("cursor", '{\n  "hooks": {}\n}\n');
    connect("cursor");
    expect(JSON.parse(text("cursor")).version).toBe(1);
    write("cursor", text("cursor").replace("{\n", '{\n  "mine": 1,\n'));
    connections.disconnect("cursor");
    expect(JSON.parse(text("cursor"))).toEqual({ mine: 1 });
  });

  it("keeps the version if the user has added hooks since", () => {
    const { connections, connect, write, text } = setUp();
    write("cursor", "{}");
    connect("cursor");
    const { version, hooks } = JSON.parse(text("cursor"));
    write("cursor", JSON.stringify({ version, hooks: { ...hooks, stop: [{ command: "mine" }] } }));
    connections.disconnect("cursor");
    expect(JSON.parse(text("cursor"))).toEqual({ version: 1, hooks: { stop: [{ command: "mine" }] } });
  });

  it("wakes no hooks that an equal key hid", () => {
    const { connections, connect, write, text } = setUp();
    const hidden = '"hooks":{"PostToolUse":[{"hooks":[{"type":"command","command":"old.sh"}]}]}';
    write("claude_code", `{${hidden},"hooks":{}}`);
    connect("claude_code");
    write("claude_code", `${text("claude_code")}\n`);
    connections.disconnect("claude_code");
    expect(JSON.parse(text("claude_code"))).toEqual({ hooks: {} });
  });

  it("is outdated if an event of this version is missing", () => {
    const { connect, write, text, status } = setUp();
    connect("claude_code");
    const { PermissionDenied, ...hooks } = JSON.parse(text("claude_code")).hooks;
    expect(PermissionDenied).toHaveLength(1);
    write("claude_code", JSON.stringify({ hooks }));
    expect(status("claude_code")).toMatchObject({ connected: true, outdated: true });
    connect("claude_code");
    expect(status("claude_code")).toMatchObject({ connected: true, outdated: false });
  });

  it("follows COPILOT_HOME", () => {
    const home = tempFolder();
    const { file } = setUp(home, { COPILOT_HOME: join(home, "cop") });
    expect(file("copilot")).toBe(join(home, "cop", "hooks", "nexus.json"));
  });

  it("waits for the approval of Codex's user", () => {
    const { home, connect, file, status } = setUp();
    expect(status("codex")?.approval).toBeNull();
    connect("codex");
    expect(status("codex")?.approval).toContain("/hooks");
    const approve = (lines: string) =>
      writeFileSync(
        join(home, ".codex", "config.toml"),
        `[hooks.state."${file("codex")}:post_tool_use:0:0"]\n${lines}\n`,
      );
    approve('trusted_hash = "sha256:1"');
    expect(status("codex")?.approval).toBeNull();
    approve('trusted_hash = "sha256:1"\nenabled = false');
    expect(status("codex")?.approval).toContain("/hooks");
  });

  it.each([
    ["claude_code", ".claude/settings.json", '{"disableAllHooks": true}'],
    ["codex", ".codex/config.toml", "[features]\nhooks = false\n"],
    ["gemini_cli", ".gemini/settings.json", '{"hooksConfig": {"enabled": false}}'],
    ["gemini_cli", ".gemini/settings.json", '{"hooksConfig": {"disabled": ["nexus"]}}'],
    ["copilot", ".copilot/settings.json", '\ufeff{"disableAllHooks": true}'],
  ] as const)("reports that the user has disabled the hooks of %s", (name, path, text) => {
    const { home, status } = setUp();
    expect(status(name)?.blockedBy).toBeNull();
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), text);
    expect(status(name)?.blockedBy).toContain(join(home, path));
  });

  it("reads every file of a policy folder", () => {
    const folder = join(tempFolder(), "managed-settings.d");
    const policy = { file: folder, path: ["allowManagedHooksOnly"], value: true };
    expect(blockedBy([policy])).toBeNull();
    mkdirSync(folder);
    writeFileSync(join(folder, "10-other.json"), '{"allowManagedHooksOnly": false}');
    writeFileSync(join(folder, "20-hooks.json"), '{"allowManagedHooksOnly": true} // by IT');
    expect(blockedBy([policy])).toBe(
      `User hooks are disabled in ${join(folder, "20-hooks.json")} (allowManagedHooksOnly = true).`,
    );
    writeFileSync(join(folder, "20-hooks.json"), "no json");
    expect(blockedBy([policy])).toBeNull();
  });

  it("knows where an organisation configures Claude Code on each system", () => {
    const files = (platform: NodeJS.Platform) =>
      claudePolicies("own.json", { platform, programFiles: "C:\\Program Files" }).map(({ file }) => file);
    expect(files("linux")).toContain("/etc/claude-code/managed-settings.d");
    expect(files("darwin")).toContain("/Library/Application Support/ClaudeCode/managed-settings.json");
    expect(files("win32").join()).toContain("C:\\Program Files");
  });
});

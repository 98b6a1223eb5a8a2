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
import { SettingsError, saysYes } from "./settings.ts";

/** The files below a folder that hold a text. */
function filesWith(folder: string, text: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile() && readFileSync(path, "utf8").includes(text));
}

function setUp(home = tempFolder(), env: Readonly<Record<string, string>> = {}) {
  const connections = new Connections(pathsFrom({}, home), home, env);
  const file = (name: AgentName) => connections.list().find((one) => one.name === name)?.file ?? "";
  const connect = (name: AgentName) => {
    const change = connections.planConnect(name);
    if (change !== undefined) connections.connect(change);
    return change;
  };
  const write = (name: AgentName, text: string) => {
    mkdirSync(dirname(file(name)), { recursive: true });
    writeFileSync(file(name), text);
  };
  const standing = (name: AgentName) => connections.list().find((one) => one.name === name);
  return {
    home,
    connections,
    file,
    connect,
    write,
    standing,
    text: (name: AgentName) => readFileSync(file(name), "utf8"),
  };
}

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

describe.each(agentNames)("connecting %s", (name) => {
  it("makes the file where there is none, and takes it away again", () => {
    const { connections, connect, standing, file } = setUp();
    expect(standing(name)).toMatchObject({ installed: false, connected: false, blockedBy: null });
    expect(connect(name)?.before).toBeNull();
    expect(standing(name)).toMatchObject({ installed: true, connected: true });
    expect(statSync(file(name)).mode & 0o777).toBe(0o600);
    expect(connect(name)).toBeUndefined();
    expect(connections.disconnect(name)).toBe(true);
    expect(existsSync(file(name))).toBe(false);
    expect(connections.disconnect(name)).toBe(false);
  });

  it("keeps comments, foreign entries and the file's own mode, and gives back the same bytes", () => {
    const { connections, connect, write, text, file, standing } = setUp();
    write(name, settings);
    chmodSync(file(name), 0o644);
    connect(name);
    // Every line of theirs is there as it was, but for a comma.
    const lines = new Set(
      text(name)
        .split("\n")
        .map((line) => line.replace(/,$/, "")),
    );
    for (const line of settings.split("\n")) expect(lines).toContain(line.replace(/,$/, ""));
    expect(parse(text(name)).hooks.PostToolUse[0].hooks[0].command).toBe("prettier --write");
    expect(standing(name)?.connected).toBe(true);
    expect(statSync(file(name)).mode & 0o777).toBe(0o644);
    connections.disconnect(name);
    expect(text(name)).toBe(settings);
  });

  it("takes out its own entries alone where the file was changed since", () => {
    const { connections, connect, write, text } = setUp();
    write(name, settings);
    connect(name);
    write(name, text(name).replace('"opus"', '"sonnet"'));
    connections.disconnect(name);
    expect(text(name)).toBe(settings.replace('"opus"', '"sonnet"'));
  });
});

describe("an agent's settings", () => {
  it("that are no JSON, or have something else where the list goes, are named with the line and left alone", () => {
    const { connections, write, text } = setUp();
    for (const [broken, said] of [
      ['{\n  "a": 1,\n  "b" 2\n}\n', /settings\.json, line 3: this is not valid JSON/],
      ["[1]\n", /is no object of JSON/],
      ['{"hooks":{"PostToolUse":"x"}}', /hooks\.PostToolUse is no list/],
    ] as const) {
      write("claude_code", broken);
      expect(() => connections.planConnect("claude_code")).toThrow(said);
      expect(text("claude_code")).toBe(broken);
    }
  });

  it("that somebody changed between the plan and the yes are left alone", () => {
    const { connections, write, text } = setUp();
    write("claude_code", settings);
    const change = connections.planConnect("claude_code");
    write("claude_code", '{"model":"haiku"}\n');
    expect(() => change && connections.connect(change)).toThrow(SettingsError);
    expect(text("claude_code")).toBe('{"model":"haiku"}\n');
    // Two windows that connect at once: the second finds it changed.
    const [first, second] = [connections.planConnect("claude_code"), connections.planConnect("claude_code")];
    if (first) connections.connect(first);
    expect(() => second && connections.connect(second)).toThrow(/changed by somebody else/);
    expect(parse(text("claude_code")).hooks.PostToolUse).toHaveLength(1);
  });

  it("of Windows get no line for a shell that is not there", () => {
    const { home } = setUp();
    const connections = new Connections(pathsFrom({}, home), home, {}, "win32");
    expect(() => connections.planConnect("cursor")).toThrow(/put "nexus hook" into .*hooks\.json/);
  });

  it.each([
    ["posts to a port that others can take", { type: "http", url: "http://127.0.0.1:21234/nexus/v1/hook", timeout: 1 }],
    [
      "runs the script whoever owns it",
      { type: "command", command: "umask 077; LC_ALL=C awk -f SCRIPT 2>/dev/null || :" },
    ],
  ])("with an entry of an earlier version that %s are offered another, with the lines that go", (_what, former) => {
    const { home, connections, write, text, standing } = setUp();
    const script = `'${join(home, "nexus", "state", "agents", "hook.awk")}'`;
    const hook = JSON.parse(JSON.stringify(former).replace("SCRIPT", script));
    const theirs = { hooks: { PostToolUse: [{ hooks: [{ type: "command", command: "mine" }] }] } };
    const ours = { hooks: { PostToolUse: [...theirs.hooks.PostToolUse, { hooks: [hook] }] } };
    write("claude_code", JSON.stringify(ours, null, 2));
    expect(standing("claude_code")).toMatchObject({ connected: true, outdated: true });
    const change = connections.planConnect("claude_code");
    expect(change?.removed.join("\n")).toContain(hook.url ?? "umask 077; LC_ALL=C awk");
    if (change) connections.connect(change);
    expect(standing("claude_code")).toMatchObject({ connected: true, outdated: false });
    expect(text("claude_code")).not.toMatch(/"http"|; LC_ALL/);
    connections.disconnect("claude_code");
    expect(parse(text("claude_code"))).toEqual(theirs);
  });

  it("with a hook of somebody else's that posts elsewhere keep it", () => {
    const { connections, connect, write, text } = setUp();
    const foreign = { type: "http", url: "https://corp.example/nexus/v1/hook" };
    write("claude_code", JSON.stringify({ hooks: { PostToolUse: [{ hooks: [foreign] }] } }));
    expect(connections.isConnected("claude_code")).toBe(false);
    connect("claude_code");
    connections.disconnect("claude_code");
    expect(parse(text("claude_code")).hooks.PostToolUse).toEqual([{ hooks: [foreign] }]);
  });

  it("are never copied: of a key in them nothing is in a file of ours", () => {
    const { home, connections, connect, write, text } = setUp();
    const key = `key-${randomUUID()}`;
    const before = JSON.stringify({ env: { ANTHROPIC_API_KEY: key }, model: "opus" }, null, 4);
    write("claude_code", before);
    connect("claude_code");
    expect(filesWith(join(home, "nexus"), key)).toEqual([]);
    connections.disconnect("claude_code");
    expect(text("claude_code")).toBe(before);
  });

  it("that an earlier version copied are not kept, and are given back to the byte all the same", () => {
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

  it("lose the record that undoes them with a purge, and are disconnected all the same", () => {
    const { home, connections, connect, write, text } = setUp();
    write("claude_code", '{"model": "opus"}');
    connect("claude_code");
    expect(forgetSettings(pathsFrom({}, home))).toBe(1);
    expect(forgetSettings(pathsFrom({}, home))).toBe(0);
    connections.disconnect("claude_code");
    expect(parse(text("claude_code"))).toEqual({ model: "opus" });
  });

  it("that are a link stay one", () => {
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

  it("of any shape come back byte for byte, and mean the same in between but for our entries", () => {
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
    const whole = fc.dictionary(fc.constantFrom("model", "env", "x", "ünïcode"), value, { maxKeys: 4 });
    fc.assert(
      fc.property(
        whole,
        fc.constantFrom(undefined, 2, 4, "\t"),
        fc.constantFrom("\n", "\r\n"),
        (before, indent, eol) => {
          const { connections, connect, write, text } = setUp();
          const original = `${JSON.stringify(before, null, indent)}\n`.replaceAll("\n", eol);
          write("claude_code", original);
          connect("claude_code");
          // As if somebody had changed it since, so that the kept bytes do not count.
          write("claude_code", `${text("claude_code")}${eol}`);
          const { hooks, ...rest } = parse(text("claude_code"));
          expect(rest).toEqual(before);
          expect(Object.keys(hooks)).toHaveLength(7);
          connections.disconnect("claude_code");
          expect(text("claude_code")).toBe(`${original}${eol}`);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("lose none of the user's own hooks, in a group of ours too", () => {
    const { connections, connect, write, text } = setUp();
    connect("gemini_cli");
    const own = { type: "command", command: "prettier --write" };
    const changed = parse(text("gemini_cli"));
    changed.hooks.AfterTool[0].hooks.push(own);
    write("gemini_cli", JSON.stringify(changed));
    connections.disconnect("gemini_cli");
    expect(parse(text("gemini_cli"))).toEqual({ hooks: { AfterTool: [{ matcher: "*", hooks: [own] }] } });
  });

  it("keep comments in lists and objects that hold nothing else", () => {
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

  it("are refused where the hook would become a part of a comment, are no UTF-8, or are a link that leads nowhere", () => {
    const { connections, write, text, file, home } = setUp();
    const commented = '{\n  "model": "opus" /* chosen\n  by me */\n}\n';
    write("claude_code", commented);
    expect(() => connections.planConnect("claude_code")).toThrow(/comment where the hook would go/);
    expect(text("claude_code")).toBe(commented);
    writeFileSync(file("claude_code"), Buffer.from([0x7b, 0x22, 0xe9, 0x22, 0x3a, 0x31, 0x7d]));
    expect(() => connections.planConnect("claude_code")).toThrow(/is no UTF-8/);
    mkdirSync(dirname(file("codex")), { recursive: true });
    symlinkSync(join(home, "nowhere.json"), file("codex"));
    expect(() => connections.planConnect("codex")).toThrow(/leads nowhere/);
  });

  it("of a user whose name has an apostrophe are connected once and disconnected", () => {
    const home = join(tempFolder(), "o'brien");
    mkdirSync(home);
    const { connections, connect, standing } = setUp(home);
    connect("claude_code");
    expect(standing("claude_code")?.connected).toBe(true);
    expect(connect("claude_code")).toBeUndefined();
    expect(connections.disconnect("claude_code")).toBe(true);
  });

  it("are shown with the lines that are ours alone", () => {
    const { connect, write } = setUp();
    const secret = "curl -H token:theirs";
    write(
      "claude_code",
      JSON.stringify({ hooks: { PostToolUse: [], Stop: [{ hooks: [{ command: secret }] }], SessionEnd: [] } }, null, 2),
    );
    const lines = connect("claude_code")?.lines.join("\n") ?? "";
    expect(lines).not.toContain(secret);
    expect(lines.match(/awk -f/g)).toHaveLength(7);
  });

  it("lie where the agent's own variable says, and an empty one says nothing", () => {
    const home = tempFolder();
    const elsewhere = join(home, "elsewhere");
    expect(setUp(home, { CLAUDE_CONFIG_DIR: "", CODEX_HOME: "relative" }).file("codex")).toBe(
      join(home, ".codex", "hooks.json"),
    );
    const there = setUp(home, { CLAUDE_CONFIG_DIR: elsewhere });
    there.connect("claude_code");
    // A process that does not know the folder takes nothing away from it.
    expect(setUp(home).connections.disconnect("claude_code")).toBe(false);
    expect(existsSync(join(home, "nexus", "state", "agents", "hook.awk"))).toBe(true);
    there.connections.disconnect("claude_code");
    expect(existsSync(join(elsewhere, "settings.json"))).toBe(false);
  });

  it("of an organisation that forbid hooks are known by their key", () => {
    expect(saysYes('{"allowManagedHooksOnly": true}', ["disableAllHooks", "allowManagedHooksOnly"])).toBe(
      "allowManagedHooksOnly",
    );
    expect(saysYes('{"allowManagedHooksOnly": false}', ["allowManagedHooksOnly"])).toBeUndefined();
    expect(saysYes("no json", ["allowManagedHooksOnly"])).toBeUndefined();
  });
});

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import type { AgentName } from "../../shared/protocol/agents.ts";
import { tempFolder } from "../../test/fixtures/temp-folder.ts";
import { pathsFrom } from "../config/paths.ts";
import { Connections } from "./connections.ts";
import { SettingsError } from "./settings.ts";

function setUp(name: AgentName, home = tempFolder()) {
  const connections = new Connections(pathsFrom({}, home), home, {});
  const status = () => connections.list().find((agent) => agent.name === name);
  const file = status()?.file ?? "";
  const connect = () => {
    const change = connections.planConnect(name);
    if (change !== undefined) connections.connect(change);
    return change;
  };
  return { home, connections, connect, status, file };
}

describe.each(["cline", "opencode", "amp", "pi"] as const)("the file for %s", (name) => {
  it("is created as shown and removed again", () => {
    const { connections, connect, status, file } = setUp(name);
    const change = connect();
    expect(readFileSync(file, "utf8")).toBe(`${change?.lines.join("\n")}\n`);
    expect(statSync(file).mode & 0o777).toBe(name === "cline" ? 0o700 : 0o600);
    expect(status()).toMatchObject({ connected: true, outdated: false });
    expect(connect()).toBeUndefined();
    expect(connections.disconnect(name)).toBe(true);
    expect(existsSync(file)).toBe(false);
  });

  it("of another tool is never replaced, and one that was changed is never removed", () => {
    const { connections, connect, file } = setUp(name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, "// mine\n");
    expect(connect).toThrow(SettingsError);
    expect(readFileSync(file, "utf8")).toBe("// mine\n");
    expect(connections.disconnect(name)).toBe(false);
    writeFileSync(file, "");
    expect(connect).toThrow(/is not from Nexus/);
  });

  it("that the user changed is neither replaced nor removed", () => {
    const { connections, connect, status, file } = setUp(name);
    connect();
    writeFileSync(file, `${readFileSync(file, "utf8")}\n`);
    expect(status()).toMatchObject({ connected: true, outdated: false });
    expect(() => connections.disconnect(name)).toThrow(/was edited after it was created/);
    expect(connections.planConnect(name)).toBeUndefined();
  });

  it("of an earlier version is shown as outdated and replaced", () => {
    const { home, connections, connect, status, file } = setUp(name);
    connect();
    const text = `${readFileSync(file, "utf8")}\n`;
    writeFileSync(file, text);
    const record = join(home, "nexus", "state", "agents", `${name}.json`);
    const afterSha256 = createHash("sha256").update(text).digest("hex");
    writeFileSync(record, JSON.stringify({ ...JSON.parse(readFileSync(record, "utf8")), afterSha256 }));
    expect(status()).toMatchObject({ connected: true, outdated: true });
    expect(connect()?.removed).not.toEqual([]);
    expect(status()).toMatchObject({ connected: true, outdated: false });
    connections.disconnect(name);
    expect(existsSync(file)).toBe(false);
  });

  it("is removed without the record, which a purge removes", () => {
    const { home, connections, connect, file } = setUp(name);
    connect();
    rmSync(join(home, "nexus", "state", "agents", `${name}.json`));
    expect(connections.disconnect(name)).toBe(true);
    expect(existsSync(file)).toBe(false);
  });

  it("is found and removed in a home with an apostrophe, a quotation mark and a backslash", () => {
    const { connections, connect, status, file } = setUp(name, join(tempFolder(), `Ada's "\\ home`));
    connect();
    expect(status()).toMatchObject({ connected: true, outdated: false });
    expect(connections.configured(name)).toEqual([connections.commandOf(name)]);
    expect(connections.disconnect(name)).toBe(true);
    expect(existsSync(file)).toBe(false);
  });

  it("is valid for the program that loads it", () => {
    const { connect, file } = setUp(name);
    connect();
    const module = join(dirname(file), "checked.mjs");
    writeFileSync(module, readFileSync(file));
    const check = name === "cline" ? ["sh", "-n", file] : [process.execPath, "--check", module];
    const [program = "", ...args] = check;
    expect(spawnSync(program, args, { encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
  });
});

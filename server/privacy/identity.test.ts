import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { tempFolder } from "../../test/fixtures/temp-folder.ts";
import { IdentityFile, NameHasher, Salt } from "./identity.ts";

describe("identity", () => {
  it("hashes a session ID with SHA-256 of salt and ID, as the usage specification requires", () => {
    const salt = Salt.random();
    const expected = createHash("sha256").update(`${salt.reveal()}some-session`).digest("hex");
    expect(salt.anonSessionId("some-session")).toBe(expected);
    expect(Salt.random().anonSessionId("some-session")).not.toBe(expected);
  });

  it("hashes names differently by kind and by salt", () => {
    const salt = Salt.random();
    const hash = salt.hashName("workspace", "atlas");
    expect(hash).toMatch(/^[0-9a-f]{32}$/);
    expect(salt.hashName("workspace", "atlas")).toBe(hash);
    expect(salt.hashName("task", "atlas")).not.toBe(hash);
    expect(Salt.random().hashName("workspace", "atlas")).not.toBe(hash);
  });

  it("never prints a salt", () => {
    const salt = Salt.random();
    const texts = [String(salt), JSON.stringify({ salt }), inspect(salt, { showHidden: true, depth: 9 }), `${salt}`];
    for (const text of texts) expect(text).not.toContain(salt.reveal());
  });

  it("creates the local salt on first use, private to the user, and keeps it", () => {
    const file = join(tempFolder(), "state", "usage", "identity.json");
    const identity = new IdentityFile(file);
    expect(existsSync(file)).toBe(false);
    const salt = identity.localSalt().reveal();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(file, "..")).mode & 0o777).toBe(0o700);
    expect(new IdentityFile(file).localSalt().reveal()).toBe(salt);
  });

  it("detects that another process erased it, and leaves no temporary files", () => {
    const file = join(tempFolder(), "identity.json");
    const [first, second] = [new IdentityFile(file), new IdentityFile(file)];
    const before = second.localSalt().reveal();
    expect(first.localSalt().reveal()).toBe(before);
    expect(second.hasChanged()).toBe(false);
    writeFileSync(`${file}.1.unfinished`, "{}");
    first.erase();
    expect(readdirSync(join(file, ".."))).toEqual([]);
    expect(second.hasChanged()).toBe(true);
    expect(second.localSalt().reveal()).not.toBe(before);
    expect(first.localSalt().reveal()).toBe(second.localSalt().reveal());
  });

  it("creates a new salt after an erasure and for a truncated file", () => {
    const file = join(tempFolder(), "identity.json");
    const identity = new IdentityFile(file);
    const hasher = new NameHasher(() => identity.localSalt());
    const hash = hasher.hash("workspace", "atlas");
    identity.erase();
    hasher.forget();
    expect(existsSync(file)).toBe(false);
    expect(hasher.hash("workspace", "atlas")).not.toBe(hash);
    writeFileSync(file, readFileSync(file, "utf8").slice(0, 30));
    expect(new IdentityFile(file).localSalt().reveal()).toMatch(/^[0-9a-f]{64}$/);
  });
});

/** Consent and sharing with the built command against a local server. */
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { v4, v7 } from "uuid";
import { beforeEach, describe, expect, it } from "vitest";
import { displayedNotice, noticeHash } from "../../server/config/consent-log.ts";
import { askedCategories } from "../../shared/consent/category-groups.ts";
import { noticeText } from "../../shared/consent/notice.ts";
import { noticeVersion } from "../../shared/consent/notice-version.ts";
import { nexus } from "../fixtures/run-cli.ts";
import { shareWith } from "../fixtures/share-with.ts";
import { tempFolder } from "../fixtures/temp-folder.ts";
import { UsageServer } from "../fixtures/usage-server.ts";

let home = "";
beforeEach(() => {
  home = tempFolder();
});

const address = "https://example.com/e";
const share = shareWith(address);

function writeEventLog(lines: number): void {
  const folder = join(home, "nexus", "state", "events");
  mkdirSync(folder, { recursive: true });
  const session_id = v4();
  const line = (seq: number) =>
    JSON.stringify({
      id: v7(),
      ts: Date.now(),
      utc_offset_min: 0,
      session_id,
      source: "nexus_cli",
      seq,
      event_type: "command_started",
      command: "git push origin secret-branch",
    });
  writeFileSync(join(folder, "a.jsonl"), `${Array.from({ length: lines }, (_, n) => line(n + 1)).join("\n")}\n`);
}

describe("nexus consent", () => {
  it("prints the notice with version, hash and categories, and creates nothing", async () => {
    const shown = JSON.parse((await nexus(home, {}, "consent", "show", "--json")).out);
    expect(shown).toMatchObject({ version: noticeVersion, hash: noticeHash, text: noticeText() });
    expect(shown.categories.map(({ name }: { name: string }) => name)).toEqual([...askedCategories]);
    expect((await nexus(home, {}, "consent", "history")).out).toContain("No decision yet");
    expect(existsSync(join(home, "nexus"))).toBe(false);
    expect(existsSync(join(home, ".config"))).toBe(false);
  });

  it("prints the notice of every release with its hash", async () => {
    for (let version = 1; version <= Number(noticeVersion); version += 1) {
      const { out, code } = await nexus(home, {}, "consent", "show", "--version", String(version));
      expect(code).toBe(0);
      expect(out).toContain(`version ${version}\n`);
      const [, text, hash] = /^([\s\S]*?)\n\nVersion: [\s\S]*?SHA-256: ([0-9a-f]{64})/.exec(out) ?? [];
      expect(
        createHash("sha256")
          .update(text ?? "", "utf8")
          .digest("hex"),
      ).toBe(hash);
    }
    expect(await nexus(home, {}, "consent", "show", "--version", "99")).toMatchObject({
      code: 2,
      err: expect.stringContaining("no consent notice with version 99"),
    });
  });

  it("lists every decision as a row, also of a file that was damaged by hand", async () => {
    await nexus(home, {}, "telemetry", "enable", "--yes");
    await nexus(home, {}, "telemetry", "disable");
    const file = join(home, ".config", "nexus", "consent.jsonl");
    appendFileSync(file, '{"mode":"lo\n[]\nnull\n{"mode":5,"ts":7,"notice":null}\n');
    const { out } = await nexus(home, {}, "consent", "history");
    expect(out.split("\n").slice(0, 7)).toEqual([
      expect.stringMatching(/^Date +Decision +Records +Shares +Notice +Where$/),
      expect.stringMatching(/ record +10 +0 +4, en +terminal, without a prompt$/),
      expect.stringMatching(/ off +0 +0 +4, en +terminal$/),
      expect.stringMatching(/^– +damaged line$/),
      expect.stringMatching(/^– +damaged record/),
      expect.stringMatching(/^– +damaged line$/),
      expect.stringMatching(/^– +damaged record/),
    ]);
  });
});

describe("nexus telemetry enable", () => {
  it("requires --yes without a terminal", async () => {
    const ran = await nexus(home, {}, "telemetry", "enable");
    expect(ran).toMatchObject({ code: 2, err: expect.stringContaining("--yes") });
    expect(existsSync(join(home, ".config"))).toBe(false);
  });

  it("records consent to local recording with --yes, and that flags gave it", async () => {
    expect(await nexus(home, {}, "telemetry", "enable", "--yes", "--categories", "tool_usage,platform")).toMatchObject({
      code: 0,
    });
    const [entry] = JSON.parse((await nexus(home, {}, "consent", "history", "--json")).out).entries;
    expect(entry).toMatchObject({
      state: "given",
      mode: "local",
      collect: ["tool_usage", "platform"],
      share: [],
      destination: null,
      via: "terminal_flags",
      notice: displayedNotice,
    });
  });

  it.each([
    ["no destination", {}, share, "NEXUS_USAGE_UPLOAD_URL"],
    [
      "no notice version",
      { NEXUS_USAGE_UPLOAD_URL: address },
      share.filter((word) => word !== "--notice" && word !== noticeVersion),
      "--notice",
    ],
    [
      "another notice version",
      { NEXUS_USAGE_UPLOAD_URL: address },
      share.map((word) => (word === noticeVersion ? "0" : word)),
      "consent show",
    ],
    [
      "no --destination",
      { NEXUS_USAGE_UPLOAD_URL: address },
      share.filter((word) => word !== "--destination" && word !== address),
      "--destination",
    ],
    [
      "a --destination that differs from the environment",
      { NEXUS_USAGE_UPLOAD_URL: "https://example.com/other" },
      share,
      "https://example.com/other",
    ],
    ["no categories", { NEXUS_USAGE_UPLOAD_URL: address }, share.slice(0, -2), "--categories"],
    [
      "a category without effect",
      { NEXUS_USAGE_UPLOAD_URL: address },
      [...share.slice(0, -1), "experiments"],
      "experiments",
    ],
    ["an unknown category", { NEXUS_USAGE_UPLOAD_URL: address }, [...share.slice(0, -1), "everything"], "everything"],
  ])("rejects sharing with %s and says what to do", async (_name, env, args, message) => {
    const result = await nexus(home, env, ...args);
    expect(result).toMatchObject({ code: 2, err: expect.stringContaining(message) });
    expect(existsSync(join(home, ".config"))).toBe(false);
  });
});

describe("nexus usage", () => {
  it("imports events, previews the exact bytes, sends them and verifies the ledger", async () => {
    const server = await UsageServer.start();
    const env = { NEXUS_USAGE_UPLOAD_URL: server.url };
    expect(await nexus(home, env, ...shareWith(server.url))).toMatchObject({ code: 0 });
    writeEventLog(30);
    expect(JSON.parse((await nexus(home, env, "usage", "import", "--json")).out)).toMatchObject({
      lines: 30,
      stored: 30,
    });
    const dry = await nexus(home, env, "usage", "upload", "--dry-run", "--json", "--limit", "10");
    expect(JSON.parse(dry.out).events).toHaveLength(10);
    expect(dry.out).not.toContain("secret");
    expect(server.bodies).toEqual([]);
    const limited = await nexus(home, env, "usage", "upload", "--limit", "10", "--json");
    expect(limited.code).toBe(0);
    expect(JSON.parse(limited.out)).toMatchObject({ outcome: "done", events: 10, batches: 1 });
    expect(server.bodies.map(String)).toEqual([dry.out]);
    const rest = await nexus(home, env, "sync");
    expect(rest).toMatchObject({ code: 0, out: expect.stringContaining("Sent 20 events.") });
    expect(server.events.size).toBe(30);
    expect(server.faults).toEqual([]);
    const list = JSON.parse((await nexus(home, env, "ledger", "list", "--json")).out).entries;
    const { seq } = list.findLast(
      ({ entry }: { entry: { kind: string; phase: string } }) => entry.kind === "batch" && entry.phase === "sending",
    );
    expect((await nexus(home, env, "ledger", "show", String(seq))).out).toBe(dry.out);
    expect(await nexus(home, env, "ledger", "verify")).toMatchObject({
      code: 0,
      out: expect.stringContaining("Ledger verified"),
    });
  });

  it("sends only the outbox with --only-flush", async () => {
    const server = await UsageServer.start();
    const env = { NEXUS_USAGE_UPLOAD_URL: server.url };
    await nexus(home, env, ...shareWith(server.url));
    writeEventLog(10);
    await nexus(home, env, "usage", "import");
    expect(JSON.parse((await nexus(home, env, "usage", "upload", "--only-flush", "--json")).out)).toMatchObject({
      events: 0,
    });
    server.refuse(503);
    expect(await nexus(home, env, "sync")).toMatchObject({
      code: 3,
      out: expect.stringContaining("is busy or failing (503)"),
    });
    server.behave = undefined;
    writeEventLog(10);
    await nexus(home, env, "usage", "import");
    expect(JSON.parse((await nexus(home, env, "usage", "upload", "--only-flush", "--json")).out)).toMatchObject({
      events: 10,
      remaining: 0,
    });
    expect(server.events.size).toBe(10);
  });

  it("deletes the server's data and the pseudonym with disable --erase-remote", async () => {
    const server = await UsageServer.start();
    const env = { NEXUS_USAGE_UPLOAD_URL: server.url };
    await nexus(home, env, ...shareWith(server.url));
    writeEventLog(10);
    await nexus(home, env, "usage", "import");
    await nexus(home, env, "sync");
    expect(server.events.size).toBe(10);
    expect(await nexus(home, env, "telemetry", "disable", "--erase-remote")).toMatchObject({
      code: 0,
      out: expect.stringContaining("confirmed"),
    });
    expect(server.events.size).toBe(0);
    expect(existsSync(join(home, "nexus", "state", "usage", "upload-state.json"))).toBe(false);
    expect(
      JSON.parse(readFileSync(join(home, "nexus", "state", "usage", "installation.json"), "utf8")).identities,
    ).toEqual([]);
  });

  it("names CI as the reason for not sharing", async () => {
    const server = await UsageServer.start();
    const env = { NEXUS_USAGE_UPLOAD_URL: server.url };
    await nexus(home, env, ...shareWith(server.url));
    const ran = await nexus(home, { ...env, CI: "true" }, "sync");
    expect(ran).toMatchObject({ code: 3, out: expect.stringContaining("CI") });
    expect(server.bodies).toEqual([]);
  });
});

describe("usage errors", () => {
  it.each([
    [["snyc"], "sync"],
    [["usage", "upload", "--limits", "5"], "--limit"],
    [["usage", "upload", "--limit", "0"], "whole number"],
    [["ledger", "show", "x"], "whole number"],
  ])("exits with 2 for %j and names %s", async (args, message) => {
    expect(await nexus(home, {}, ...args)).toMatchObject({ code: 2, err: expect.stringContaining(message) });
  });
});

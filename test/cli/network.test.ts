/** The built command against network failures: it names each and loses no event. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { v4, v7 } from "uuid";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openWithDriver } from "../../server/store/driver/select-driver.ts";
import { noticeVersion } from "../../shared/consent/notice-version.ts";
import { networkFaults } from "../fixtures/network-faults.ts";
import { nexus } from "../fixtures/run-cli.ts";
import { tempFolder } from "../fixtures/temp-folder.ts";
import { UsageServer } from "../fixtures/usage-server.ts";

const quick = join(import.meta.dirname, "..", "fixtures", "quick-timers.cjs");
const exitCodes = { waiting: 3, paused: 3, done: 1 } as const;

/** The destination in the template, which `sharing` replaces. */
const placeholder = "http://127.0.0.1:1/v1/telemetry/events";
let template = "";

const run = (home: string, env: Readonly<Record<string, string>>, ...args: readonly string[]) =>
  nexus(home, { ...env, NODE_OPTIONS: `--require ${quick}`, NEXUS_EVENT_LOG: "0" }, ...args);

const configIn = (home: string) => join(home, ".config", "nexus", "config.toml");
const configFor = (url: string, more = "") => `[telemetry]\nupload_url = "${url}"\n${more}`;

/** Creates the template once: a user who shares, with eleven pending events. */
beforeAll(async () => {
  template = mkdtempSync(join(tmpdir(), "nexus-test-"));
  mkdirSync(join(template, ".config", "nexus"), { recursive: true });
  writeFileSync(configIn(template), configFor(placeholder));
  const all = ["--notice", noticeVersion, "--destination", placeholder, "--categories", "all"];
  expect(await run(template, {}, "telemetry", "enable", "--share", "--yes", ...all)).toMatchObject({ code: 0 });
  const events = join(template, "nexus", "state", "events");
  mkdirSync(events, { recursive: true });
  const session_id = v4();
  const lines = Array.from({ length: 11 }, (_, n) =>
    JSON.stringify({
      id: v7(),
      ts: Date.now() + 1,
      utc_offset_min: 0,
      session_id,
      source: "python_sdk",
      seq: n + 1,
      event_type: "command_started",
      command: "git push",
    }),
  );
  writeFileSync(join(events, "python-sdk.jsonl"), `${lines.join("\n")}\n`);
  expect(await nexus(template, {}, "usage", "import")).toMatchObject({ code: 0 });
});

afterAll(() => rmSync(template, { recursive: true, force: true }));

/** Copies the template for another destination. */
function sharing(url: string, env: Readonly<Record<string, string>>, config = "") {
  const home = tempFolder();
  cpSync(template, home, { recursive: true });
  const consent = join(home, ".config", "nexus", "consent.jsonl");
  writeFileSync(consent, readFileSync(consent, "utf8").replaceAll(placeholder, new URL(url).href));
  writeFileSync(configIn(home), configFor(url, config));
  return { home, ran: (...args: readonly string[]) => run(home, env, ...args) };
}

const json = (text: string) => JSON.parse(text);

/** Returns the newest ledger entry. */
function newestEntry(home: string): object {
  const file = join(home, "nexus", "state", "telemetry.db");
  const connection = openWithDriver(file, { readOnly: true, busyTimeoutMs: 0 });
  try {
    return json(String(connection.prepare("SELECT entry FROM ledger ORDER BY seq DESC").get()?.["entry"]));
  } finally {
    connection.close();
  }
}

describe.each(networkFaults)("nexus sync with $name", ({ startServer, outcome, text, rejected = 0 }) => {
  it("names the failure, keeps the unsent events and sends them later", async () => {
    const { url, env, config, mend, server } = await startServer();
    const { home, ran } = sharing(url, env, config);
    const synced = await ran("sync", "--json");
    const report = json(synced.out);
    expect(synced).toMatchObject({ code: exitCodes[outcome], err: "" });
    expect(report).toMatchObject({ outcome, rejected, events: 0, pending: rejected > 0 ? 0 : 11 });
    expect(report.message).toMatch(text);
    expect(report.message).not.toMatch(/database/);
    const { sharing: status } = json((await ran("telemetry", "status", "--json")).out);
    if (outcome === "waiting") {
      expect(report.message).toMatch(/ 11 events are waiting; next attempt at (\d{4}-\d\d-\d\d )?\d\d:\d\d\.$/);
      expect(status).toMatchObject({ failure: report.message, paused: null });
      expect(report.retryAtMs).toBeGreaterThan(Date.now());
    }
    if (outcome === "paused") expect(status.paused).toMatch(text);
    expect(newestEntry(home)).toMatchObject({ phase: "answered", host: new URL(url).host });
    if (mend === undefined) return;
    mend();
    const again = await ran("usage", "upload", ...(rejected > 0 ? ["--rejected"] : []), "--json");
    expect(again).toMatchObject({ code: 0 });
    expect(json(again.out)).toMatchObject({ outcome: "done", events: 11, pending: 0 });
    expect(server?.events.size).toBe(11);
    expect(server?.faults).toEqual([]);
  });
});

describe("nexus telemetry status", () => {
  it("shows why uploading waits", async () => {
    const { ran } = sharing("http://127.0.0.1:9/v1/telemetry/events", {});
    const { out } = await ran("sync");
    expect(out).toMatch(/^127\.0\.0\.1:9 cannot be reached\. 11 events are waiting; next attempt at \d\d:\d\d\.\n/);
    const [message = ""] = out.split("\n");
    expect((await ran("telemetry", "status")).out).toContain(`Waiting:       ${message}`);
  });
});

describe("nexus telemetry erase-remote", () => {
  it("names an unreachable server and repeats the request", async () => {
    const server = await UsageServer.start();
    const { ran } = sharing(server.url, {});
    expect(await ran("sync")).toMatchObject({ code: 0, out: "Sent 11 events.\n" });
    expect(json((await ran("ledger", "verify", "--json")).out)).toMatchObject({ receipts: 1, faults: [] });
    server.behave = (_, answer) => {
      answer.destroy();
      return true;
    };
    const disabled = await ran("telemetry", "disable", "--erase-remote");
    expect(disabled.out).toContain(`${server.host} closed the connection before it answered.`);
    server.behave = undefined;
    expect(await ran("telemetry", "erase-remote")).toMatchObject({ code: 0 });
    expect(server.events.size).toBe(0);
  });
});

/** The built command on a terminal: consent, prompts, the dashboard and Ctrl+C. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { root } from "../../scripts/generate/generate.ts";
import { notice } from "../../shared/consent/notice.ts";
import { noticeVersion } from "../../shared/consent/notice-version.ts";
import { consentRecord } from "../fixtures/consent-record.ts";
import { nexus } from "../fixtures/run-cli.ts";
import { sampleMonth } from "../fixtures/sample-month.ts";
import { tempFolder } from "../fixtures/temp-folder.ts";
import { UsageServer } from "../fixtures/usage-server.ts";
import { hasTmux, Terminal } from "./tmux.ts";

const command = `${process.execPath} ${join(root, "dist", "cli", "nexus.cjs")}`;
let home = "";
const open = (line: string, more: Readonly<Record<string, string>> = {}, columns?: number) =>
  new Terminal(`${command} ${line}`, { HOME: home, TZ: "UTC", ...more }, columns);
/** The smallest usual terminal. */
const openSmall = (line: string, more: Readonly<Record<string, string>> = {}) =>
  new Terminal(`${command} ${line}`, { HOME: home, TZ: "UTC", ...more }, 80, 24);
const selecting = "Select numbers";

const consentFile = () => join(home, ".config", "nexus", "consent.jsonl");
const lastDecision = () => JSON.parse(readFileSync(consentFile(), "utf8").trimEnd().split("\n").at(-1) ?? "");

beforeEach(() => {
  home = tempFolder();
});

/** Imports a month of sample events, with consent given before it. */
async function importSample(): Promise<void> {
  await nexus(home, {}, "telemetry", "enable", "--yes");
  const weeksAgo = new Date(Date.now() - 45 * 24 * 60 * 60 * 1000).toISOString();
  writeFileSync(consentFile(), `${JSON.stringify({ ...lastDecision(), ts: weeksAgo })}\n`);
  const folder = join(home, "nexus", "state", "events");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "work.jsonl"), sampleMonth(Date.now()));
  await nexus(home, {}, "usage", "import");
}

describe.skipIf(!hasTmux())("invariant: only-you-can-say-yes", () => {
  it("shows what is kept, three groups and the question on 80 × 24, and stores the answer", async () => {
    const terminal = openSmall("telemetry enable");
    const screen = await terminal.shows(selecting);
    for (const part of [
      notice.title,
      "git push, 1.8 s, ok",
      notice.groups.dashboard.title,
      notice.earlier.title,
      "stays empty",
    ])
      expect(screen).toContain(part);
    terminal.press("99", "Enter");
    await terminal.shows("Enter numbers from 1 to 4");
    terminal.press("1-2", "Enter");
    await terminal.shows("Record this on this machine? [y/N]");
    expect(existsSync(consentFile())).toBe(false);
    terminal.press("y", "Enter");
    expect(await terminal.shows("ended with 0")).toContain("Telemetry enabled.");
    const groups = [
      "tool_usage",
      "command_usage",
      "performance",
      "error_types",
      "session_metadata",
      "workspaces_tasks",
      "editor_activity",
    ];
    expect(lastDecision()).toMatchObject({ mode: "local", collect: groups, earlier_events: false, via: "terminal" });
    expect(lastDecision().notice).toMatchObject({
      version: noticeVersion,
      language: "en",
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it("shows every category on request, and accepts ranges", async () => {
    const terminal = open("telemetry enable");
    await terminal.shows(selecting);
    terminal.press("d", "Enter");
    const details = await terminal.shows("all (1-10)");
    for (const { title } of Object.values(notice.categories)) expect(details).toContain(title);
    terminal.press("1,3-4 11", "Enter");
    await terminal.shows("Record this on this machine? [y/N]");
    terminal.press("y", "Enter");
    await terminal.shows("ended with 0");
    expect(lastDecision()).toMatchObject({
      collect: ["tool_usage", "performance", "error_types"],
      earlier_events: true,
    });
  });

  it("asks the server after naming it, lists only categories with an effect, and shows a sample before the consent to share", async () => {
    const server = await UsageServer.start();
    server.schemas = [1];
    await nexus(home, {}, "telemetry", "enable", "--yes");
    await nexus(home, {}, "event", "emit", "command_started", "--set", "command_path=git push");
    const terminal = openSmall("telemetry enable --share", { NEXUS_USAGE_UPLOAD_URL: server.url });
    const screen = await terminal.shows(selecting);
    expect(screen).toContain(`Destination: ${server.url}`);
    expect(screen).toContain("accepts upload schema 1");
    for (const listed of ["Tool usage", "Command names", "Error types"]) expect(screen).toContain(listed);
    expect(screen).not.toContain("Performance");
    expect(server.arrived.map(({ path }) => path)).toEqual(["/v1/telemetry/schema"]);
    terminal.press("all", "Enter");
    await terminal.shows("Upload automatically? [y/N]");
    terminal.press("n", "Enter");
    const sample = await terminal.shows("Share this under a random ID? [y/N]");
    expect(sample.replaceAll(/\s+/g, "")).toContain('"command_path":"gitpush"');
    terminal.press("y", "Enter");
    await terminal.shows("ended with 0");
    expect(lastDecision()).toMatchObject({
      mode: "share",
      share: ["tool_usage", "command_usage", "error_types"],
      schema: 1,
    });
  });

  it("binds a consent record of an earlier version at the first run on a terminal, only in its own folder", async () => {
    const earlier = consentRecord("local");
    mkdirSync(join(home, ".config", "nexus"), { recursive: true });
    writeFileSync(consentFile(), `${JSON.stringify(earlier)}\n`);
    // The consent was not given for another NEXUS_HOME.
    const elsewhere = open("telemetry status", { NEXUS_HOME: join(home, "elsewhere") });
    expect(await elsewhere.shows("ended with 0")).toContain("names no installation");
    const terminal = open("telemetry status");
    expect(await terminal.shows("ended with 0")).toMatch(/On: data stays on this machine/);
    const { installation } = JSON.parse(
      readFileSync(join(home, "nexus", "state", "usage", "installation.json"), "utf8"),
    );
    expect(lastDecision()).toMatchObject({ mode: "local", installation, ts: earlier.ts });
    expect(readFileSync(consentFile(), "utf8").trimEnd().split("\n")).toHaveLength(2);
    // A record without an installation is not accepted again.
    writeFileSync(consentFile(), `${JSON.stringify(earlier)}\n`);
    expect(await open("telemetry status").shows("ended with 0")).toContain("names no installation");
  });

  it.each([
    ["Enter", ["Enter"], "Nothing was changed", 0],
    ["n", ["n", "Enter"], "Nothing was changed", 0],
    ["end of input", ["C-d"], "Nothing was changed", 0],
    ["Ctrl+C", ["C-c"], "Interrupted", 130],
  ])("creates nothing after the answer %s", async (_, keys, text, code) => {
    const terminal = openSmall("telemetry enable --categories all");
    await terminal.shows("Record this on this machine? [y/N]");
    terminal.press(...keys);
    expect(await terminal.shows(`ended with ${code}`)).toContain(text);
    expect(existsSync(consentFile())).toBe(false);
    expect(existsSync(join(home, "nexus"))).toBe(false);
  });

  it("changes nothing with config set if the user declines, and prints that once", async () => {
    const terminal = open("telemetry config set mode local");
    await terminal.shows(selecting);
    terminal.press("none", "Enter");
    const screen = await terminal.shows("ended with 0");
    expect(screen.match(/Nothing was changed\./g)).toHaveLength(1);
    expect(existsSync(join(home, ".config", "nexus"))).toBe(false);
  });

  it("prompts with config set before it allows more than the user agreed to", async () => {
    const terminal = open("telemetry config set mode local");
    await terminal.shows(selecting);
    terminal.press("all", "Enter");
    await terminal.shows("Record this on this machine? [y/N]");
    terminal.press("y", "Enter");
    await terminal.shows("mode = local");
    expect(lastDecision()).toMatchObject({ mode: "local" });
  });
});

describe.skipIf(!hasTmux())("prompts", () => {
  it("deletes data only after confirmation", async () => {
    await importSample();
    const terminal = open("telemetry delete");
    await terminal.shows("Are you sure? [y/N]");
    terminal.press("n", "Enter");
    await terminal.shows("Nothing was deleted.");
    expect(JSON.parse((await nexus(home, {}, "telemetry", "stats", "--json")).out).commands).toBeGreaterThan(500);
    const again = open("telemetry delete");
    await again.shows("Are you sure? [y/N]");
    again.press("y", "Enter");
    expect(await again.shows("ended with 0")).toMatch(/Deleted 1,4\d\d events/);
  });
});

describe.skipIf(!hasTmux())("the dashboard", () => {
  it("fits 80 × 24, follows keys, the terminal's size and new events, and quits", async () => {
    await importSample();
    const terminal = openSmall("dashboard");
    const week = await terminal.shows("cargo build");
    expect(week).toContain("Nexus Telemetry · Last 7 Days");
    expect(week).toContain("On: data stays on this machine");
    expect(week).toMatch(/Waiting +\d+ min/);
    expect(week.split("\n").findLast((line) => line.trim() !== "")).toContain("q quit");
    terminal.press("m");
    await terminal.shows("Last 30 Days");
    terminal.press("s");
    await terminal.shows("by runs");
    terminal.press("2");
    await terminal.shows("claude_code");
    terminal.press("a");
    await terminal.shows("Last 30 Days · claude_code");
    terminal.press("x", "?");
    await terminal.shows("next agent as the filter");
    terminal.press("?", "5");
    await terminal.shows("Started");
    terminal.press("Down");
    await terminal.shows("2 to ");
    terminal.press("6");
    await terminal.shows("· npm test");
    terminal.press("1");
    terminal.resize(60, 50);
    // The old screen shows the same words until the dashboard has cleared it.
    const isNarrow = (screen: string) =>
      screen.includes("git push") && !screen.includes("Total time") && screen.split("\n").length > 40;
    const narrow = await terminal.showsOnce(isNarrow, "a narrow table");
    for (const line of narrow.split("\n")) expect(line.length).toBeLessThanOrEqual(60);
    expect(narrow.match(/Nexus Telemetry ·/g)).toHaveLength(1);
    terminal.press("d");
    await terminal.shows("Today");
    await nexus(home, {}, "run", "--", "true");
    await terminal.showsOnce((screen) => /^ true +1/m.test(screen), "the new run");
    terminal.press("q");
    await terminal.shows("ended with 0");
  });

  it("requires a terminal, and prints statistics once with --plain", async () => {
    expect(await nexus(home, {}, "telemetry", "dashboard")).toMatchObject({
      code: 2,
      err: expect.stringContaining("Not a terminal"),
    });
    expect((await nexus(home, {}, "--plain", "telemetry", "dashboard")).out).toMatch(
      /^Nexus Usage Analytics \(Today\)/,
    );
  });
});

describe.skipIf(!hasTmux())("Ctrl+C", () => {
  it("interrupts an export without leaving a partial file", async () => {
    await importSample();
    const out = join(home, "out");
    mkdirSync(out);
    // Enough events for an export of about a second.
    const folder = join(home, "nexus", "state", "events");
    const lines = sampleMonth(Date.now());
    for (let n = 0; n < 20; n += 1) {
      // Shifted times and no IDs, because identical lines are deduplicated.
      const moved = lines.replace(/"id":"[^"]+","ts":(\d+)/g, (_, ts) => `"ts":${Number(ts) + n + 1}`);
      writeFileSync(join(folder, `more-${n}.jsonl`), moved);
    }
    await nexus(home, {}, "usage", "import");
    const terminal = open(`telemetry export --output ${join(out, "all.json")}`);
    await terminal.shows("Exported");
    terminal.press("C-c");
    const screen = await terminal.shows("ended with");
    // The export may complete before the key arrives.
    if (screen.includes("ended with 130")) {
      expect(screen).toContain("Completed steps are kept");
      expect(readdirSync(out)).toEqual([]);
    } else expect(readdirSync(out)).toEqual(["all.json"]);
  });
});

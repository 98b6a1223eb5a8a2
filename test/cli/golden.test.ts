/**
 * Compares the text and JSON output of the commands with the files in `golden/`. The clock is fixed, the home is `~`, and
 * random values are numbered. After a change run `npx vitest run --project cli -u` and review the diff.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { sampleMonth } from "../fixtures/sample-month.ts";

const home = mkdtempSync(join(tmpdir(), "nexus-test-"));
const nowMs = Date.UTC(2026, 9, 20, 12);
let run: (argv: readonly string[]) => Promise<void>;

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: nowMs - 40 * 24 * 60 * 60 * 1000 });
  for (const name of Object.keys(process.env))
    if (/^(NEXUS_|XDG_|CI$|DO_NOT_TRACK)/.test(name)) vi.stubEnv(name, undefined);
  vi.stubEnv("HOME", home);
  vi.stubEnv("SHELL", "/bin/bash");
  vi.stubEnv("COLUMNS", "80");
  vi.resetModules();
  ({ run } = await import("../../cli/program.ts"));
  await output("telemetry enable --yes");
  vi.setSystemTime(nowMs);
  const folder = join(home, "nexus", "state", "events");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "work.jsonl"), sampleMonth(nowMs));
  await output("usage import");
});

afterAll(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

/** Runs a command and returns its output, and its exit code unless it is 0. */
async function output(line: string): Promise<string> {
  let text = "";
  const append = (chunk: string | Uint8Array): boolean => {
    text += String(chunk);
    return true;
  };
  const spies = [vi.spyOn(process.stdout, "write"), vi.spyOn(process.stderr, "write")];
  for (const spy of spies) spy.mockImplementation(append as typeof process.stdout.write);
  // Exit listeners of a command would run after the test.
  const exitListeners = process.listeners("exit");
  try {
    await run(["node", "nexus", ...line.split(" ")]);
  } finally {
    for (const spy of spies) spy.mockRestore();
    for (const listener of process.listeners("exit"))
      if (!exitListeners.includes(listener)) process.off("exit", listener);
  }
  const code = process.exitCode ?? 0;
  process.exitCode = 0;
  return `$ nexus ${line}\n${normalized(text)}${code === 0 ? "" : `(exit code ${code})\n`}`;
}

/** Replaces values that depend on the machine or the run. */
function normalized(text: string): string {
  const seen = new Map<string, string>();
  const numbered = (kind: string) => (value: string) => {
    if (!seen.has(value)) seen.set(value, `<${kind} ${seen.size + 1}>`);
    return seen.get(value) ?? "";
  };
  return text
    .replaceAll(home, "~")
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, numbered("uuid"))
    .replace(/\b[0-9a-f]{64}\b/g, numbered("sha256"))
    .replace(/\b[0-9a-f]{32}\b/g, numbered("hash"))
    .replace(/^[0-9a-f]{8}(?= {2}20)/gm, "<id>    ")
    .replace(/\d+(\.\d)? [KMG]B free/, "… free")
    .replace(/Node \d+\.\d+\.\d+ on \w+ \w+/, "Node … on …")
    .replace(/SQLite [\d.]+/g, "SQLite …")
    .replace(/\d+(\.\d)? [KM]B/g, "<size>")
    .replace(/"(sizeBytes|freedBytes)": \d+/g, '"$1": <bytes>');
}

const commands: Readonly<Record<string, readonly string[]>> = {
  status: ["telemetry status", "telemetry status --json"],
  stats: [
    "stats",
    "stats --week",
    "--plain stats --since 2026-10-01 --until 2026-10-07",
    "stats --by class --yesterday --json",
    "telemetry stats",
    "telemetry stats --week",
    "--plain telemetry stats --from 2026-10-01 --to 2026-10-07",
    "telemetry stats --week --json",
  ],
  query: [
    "stats --by command",
    "stats --by class --sort waiting",
    "stats --by week --year",
    "stats --by agent",
    "stats --by day --class check --week",
    "--plain stats --by program --limit 3",
    "stats --command git",
    "stats --by day --last 3d",
    "stats --by hour --yesterday --class build",
    "stats --by comand",
    "stats --agent claude",
    "stats --by command --sort slow",
    "stats --week --compare previous --by class",
    "stats --by command --csv --limit 2",
    "commands --limit 4",
    "commands --class check,build",
    "why npm test",
    "why npm tst",
    "agents report",
    "report --week",
    "report --yesterday --format html",
    "report --format pdf",
    "tail --no-follow --limit 3",
    "query --help",
    "cost",
    "cost --blocks",
    "cost --blocks --by day",
    "cost --budget 10",
    "cost --by week",
    "cost --agent codex",
    "cost --week --json",
    "sessions --week --limit 5",
    "sessions --agent codex",
    "sessions x",
    "sessions 00000000",
  ],
  insights: ["insights", "insights --errors", "insights --slow --agents --week", "insights --agents --json"],
  metrics: ["telemetry metrics", "telemetry metrics --week --json"],
  show: [
    "telemetry show --limit 2",
    "telemetry show --limit 1 --json",
    "telemetry show -- git push origin secret-branch",
  ],
  explain: [
    "telemetry explain command_path",
    "telemetry explain task_completed",
    "telemetry explain comand_path",
    "telemetry explain session_ended --json",
  ],
  consent: ["consent history --json", "identity reset"],
  config: [
    "telemetry config list --show-origin",
    "telemetry config get strip_pii",
    "telemetry config get db_path",
    "telemetry config set retention_days 30",
    "telemetry config get retention_days --show-origin",
    "telemetry config set retention_days never",
    "telemetry config set retention_dayz 3",
    "telemetry config set mode share",
    "telemetry config unset retention_days",
  ],
  emit: [
    "event emit task_completed --set status=ok --set duration_ms=5400 --task mine",
    "event emit task_complete",
    "event emit task_completed --set status=fine --set duration=3 --set workspace_hash=x",
    "event emit profile_used --json --set profile=deep",
  ],
  sharing: ["sync", "usage upload --dry-run --limit 1", "ledger list", "ledger verify", "ledger show 3"],
  doctor: ["doctor", "doctor --json"],
  wrong: [
    "stats --tomorrow",
    "stats --last 3",
    "stats --last 3d --yesterday",
    "stats --since 2026-02-30",
    "stats --since 3d --from 2026-03-01",
    "stats --until today",
    "stats --workspace nowhere",
    "stats --agent claude_code,",
    "stats --from 2026-03-02 --to 2026-03-01",
    "telemetri",
    "stats --week --year",
  ],
  delete: ["telemetry delete", "telemetry delete --confirm", "stats"],
};

/** Words in a colour, with its code; bold and dim text are none. */
const colouredWords = (text: string): readonly string[] =>
  text.split(String.fromCharCode(27)).flatMap((part) => {
    const [, code, word] = /^\[(3\d)m(\w+)/.exec(part) ?? [];
    return code === undefined ? [] : [`${word} ${code}`];
  });

/** What depends on the width of a terminal. */
const wide = [
  "stats --week",
  "stats --by class --compare previous",
  "commands",
  "why npm test",
  "cost",
  "sessions --week --limit 3",
];

describe("the output on a terminal", () => {
  it.each([80, 120, 200])("matches golden/columns-%i.txt", async (columns) => {
    const { isTTY, columns: before } = process.stdout;
    // Colours are a test of their own.
    vi.stubEnv("FORCE_COLOR", "0");
    Object.assign(process.stdout, { isTTY: true, columns });
    try {
      const outputs: string[] = [];
      for (const line of wide) outputs.push(await output(line));
      await expect(outputs.join("\n")).toMatchFileSnapshot(
        join(import.meta.dirname, "golden", `columns-${columns}.txt`),
      );
    } finally {
      Object.assign(process.stdout, { isTTY, columns: before });
    }
  });

  it("has colours only for meaning", async () => {
    const { isTTY } = process.stdout;
    vi.stubEnv("NO_COLOR", undefined);
    vi.stubEnv("FORCE_COLOR", "1");
    Object.assign(process.stdout, { isTTY: true });
    try {
      const text = await output("tail --no-follow --limit 20");
      expect(new Set(colouredWords(text))).toEqual(new Set(["ok 32", "failed 31"]));
      expect(colouredWords(await output("commands --limit 2"))).toEqual([]);
    } finally {
      Object.assign(process.stdout, { isTTY });
      vi.stubEnv("FORCE_COLOR", undefined);
    }
  });
});

describe("the output of the command", () => {
  it.each(Object.entries(commands))("matches golden/%s.txt", async (name, lines) => {
    const outputs: string[] = [];
    for (const line of lines) outputs.push(await output(line));
    await expect(outputs.join("\n")).toMatchFileSnapshot(join(import.meta.dirname, "golden", `${name}.txt`));
  });
});

import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { fieldNames } from "../../shared/schema/fields.ts";
import { cleanToolUse, testFirewall } from "../../test/fixtures/clean-events.ts";
import { anything } from "../../test/fixtures/raw-events.ts";
import { tempFolder } from "../../test/fixtures/temp-folder.ts";
import { systemClock } from "../clock.ts";
import { allowAll } from "../privacy/firewall.ts";
import { productInfo } from "../worker/product-info.ts";
import { Store } from "./store.ts";

function setUp() {
  const folder = tempFolder();
  return {
    store: new Store(join(folder, "telemetry.db"), productInfo, systemClock),
    target: join(folder, "mine.json"),
  };
}

describe("export", () => {
  it("writes every event in the envelope of the specification", async () => {
    const { store, target } = setUp();
    const event = cleanToolUse({ command_line: "git push origin main" });
    store.write([event, ...Array.from({ length: 1_000 }, () => cleanToolUse())]);
    expect(await store.export(target)).toEqual({ events: 1_001, sizeBytes: statSync(target).size });
    const exported: unknown[] = JSON.parse(readFileSync(target, "utf8"));
    expect(exported).toHaveLength(1_001);
    expect(exported[0]).toEqual({
      schema_version: "1.0.0",
      event_id: event.id,
      event_type: "agent_event",
      timestamp: new Date(event.tsMs).toISOString(),
      utc_offset_min: 60,
      source: {
        product: "nexus-telemetry",
        version: "0.0.0",
        tier: "oss",
        os: productInfo.os,
        arch: productInfo.arch,
        runtime_version: process.versions.node,
        channel: "vscode_terminal",
      },
      session: { id: event.sessionId, sequence: event.seq, started_at: expect.any(String) },
      payload: {
        stream: "tool",
        tool_name: "run_terminal_cmd",
        tool_phase: "end",
        command_path: "git push",
        status: "ok",
        exit_class: "success",
        duration_ms: 12,
      },
    });
    store.close();
  });

  it("separates the platform fields of an event from those of its session", async () => {
    const { store, target } = setUp();
    const raw = anything({ event_type: "session_started", os: "win32", arch: "arm64", version: "9.8.7" });
    const event = testFirewall().admit(raw, allowAll, Date.now());
    store.write(event === undefined ? [] : [event]);
    await store.export(target);
    expect(JSON.parse(readFileSync(target, "utf8"))).toMatchObject([
      {
        source: { version: "0.0.0", os: productInfo.os },
        payload: { os: "windows", arch: "aarch64", version: "9.8.7" },
      },
    ]);
    store.close();
  });

  it("writes JSON Lines with one envelope per line", async () => {
    const { store, target } = setUp();
    store.write([cleanToolUse(), cleanToolUse()]);
    expect((await store.export(target, "jsonl")).events).toBe(2);
    const lines = readFileSync(target, "utf8").split("\n");
    expect(lines).toHaveLength(3);
    for (const line of lines.slice(0, 2)) expect(JSON.parse(line)).toMatchObject({ event_type: "agent_event" });
    store.close();
  });

  it("writes CSV with a column for every field", async () => {
    const { store, target } = setUp();
    const event = cleanToolUse({ command_line: "git push" });
    store.write([event]);
    expect((await store.export(target, "csv")).events).toBe(1);
    const [head = "", row = "", ...rest] = readFileSync(target, "utf8").split("\n");
    expect(rest).toEqual([""]);
    const names = head.split(",");
    expect(names).toEqual(expect.arrayContaining(["event_id", ...fieldNames]));
    const cell = (name: string) => row.split(",")[names.indexOf(name)];
    expect([cell("event_id"), cell("command_path"), cell("duration_ms"), cell("os")]).toEqual([
      event.id,
      "git push",
      "12",
      "",
    ]);
    store.close();
  });

  it("writes an empty list without a database, and creates none", async () => {
    const { store, target } = setUp();
    expect(await store.export(target)).toMatchObject({ events: 0 });
    expect(JSON.parse(readFileSync(target, "utf8"))).toEqual([]);
    expect(existsSync(store.file)).toBe(false);
  });

  it("does not change an existing file if it fails", async () => {
    const { store, target } = setUp();
    store.write(Array.from({ length: 1_200 }, () => cleanToolUse()));
    writeFileSync(target, "mine");
    // The disk fails halfway.
    const read = store.read.bind(store);
    let reads = 0;
    store.read = (work) => {
      reads += 1;
      if (reads > 2) throw new Error("I/O error");
      return read(work);
    };
    await expect(store.export(target)).rejects.toThrow("I/O error");
    expect(readFileSync(target, "utf8")).toBe("mine");
    expect(readdirSync(dirname(target)).filter((name) => name.includes("unfinished"))).toEqual([]);
    store.close();
  });

  it("reports progress, and leaves no file when it is cancelled", async () => {
    const { store, target } = setUp();
    store.write(Array.from({ length: 1_200 }, () => cleanToolUse()));
    const reported: number[] = [];
    await store.export(target, "jsonl", { progress: (done, total) => reported.push(done / total) });
    expect(reported.at(-1)).toBe(1);
    expect(reported.length).toBeGreaterThan(1);
    rmSync(target);
    const stop = new AbortController();
    const stopped = store.export(target, "jsonl", { progress: () => stop.abort(), signal: stop.signal });
    await expect(stopped).rejects.toThrow();
    expect(readdirSync(dirname(target)).filter((name) => name.startsWith("mine"))).toEqual([]);
    store.close();
  });
});

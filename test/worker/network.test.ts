/** The built worker, run as a window runs it, with every network and server fault. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { RecordEventsRequest } from "../../shared/protocol/record.ts";
import {
  LedgerRequest,
  PurgeRequest,
  type SharingStatus,
  StatusRequest,
  SyncRequest,
} from "../../shared/protocol/worker.ts";
import { categories } from "../../shared/schema/categories.ts";
import { englishOf } from "../fixtures/message-text.ts";
import { networkFaults } from "../fixtures/network-faults.ts";
import { toolUse } from "../fixtures/raw-events.ts";
import { tempFolder } from "../fixtures/temp-folder.ts";
import { UsageServer } from "../fixtures/usage-server.ts";
import { WorkerProcess } from "./worker-process.ts";

const fixture = (name: string) => join(import.meta.dirname, "..", "fixtures", name);
const quickTimers = fixture("quick-timers.cjs");
const quickClock = fixture("quick-clock.cjs");

/**
 * Creates events dated one hour ahead, so that they are later than a consent by the quick clock.
 */
const toolCalls = (count: number) =>
  Array.from({ length: count }, () => toolUse({ tool_phase: "start" }, { ts: Date.now() + 3_600_000 }));

/** Starts the worker of a sharing user, with 11 pending events. */
async function sharing(url: string, env: Readonly<Record<string, string>>, config = "", preload = quickTimers) {
  const home = tempFolder();
  const folder = join(home, ".config", "nexus");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "config.toml"), `[telemetry]\nupload_url = "${url}"\n${config}`);
  const worker = await WorkerProcess.start({ home, env: { ...env, NODE_OPTIONS: `--require ${preload}` } });
  await worker.consent({ mode: "share", share: categories, destination: new URL(url).href });
  await worker.request(RecordEventsRequest, { events: toolCalls(11) });
  return worker;
}

/** Returns the sharing status of the last notification. */
const sharingOf = (worker: WorkerProcess): SharingStatus =>
  worker.notifications.findLast(({ method }) => method === "nexus/sharingChanged")?.params as SharingStatus;

describe.each(networkFaults)("worker sync with $name", ({ startServer, outcome, text, rejected = 0 }) => {
  it("reports the fault and keeps the events that were not accepted", async () => {
    const { url, env, config, mend, server } = await startServer();
    const worker = await sharing(url, env, config);
    const report = await worker.request(SyncRequest, {});
    expect(report).toMatchObject({ outcome, rejected, events: 0, pending: rejected > 0 ? 0 : 11 });
    const [entry] = await worker.request(LedgerRequest, {});
    expect(entry?.result ?? "").toContain(outcome === "done" ? "rejected" : "");
    const { sharing: shown, problem } = await worker.request(StatusRequest, {});
    expect(problem).toBeNull();
    expect(shown).toEqual(sharingOf(worker));
    if (outcome === "waiting") {
      expect(englishOf(shown?.failure ?? null)).toMatch(text);
      expect(englishOf(shown?.failure ?? null)).toMatch(/ 11 events are waiting; next attempt at /);
    }
    if (outcome === "paused") expect(englishOf(shown?.paused ?? null)).toMatch(text);
    if (mend === undefined || outcome === "done") return;
    mend();
    expect(await worker.request(SyncRequest, {})).toMatchObject({ outcome: "done", events: 11 });
    expect(server?.events.size).toBe(11);
    expect(server?.faults).toEqual([]);
  });
});

describe("failed worker sync", () => {
  it("is retried after the backoff, with only the events of that sync", async () => {
    const server = await UsageServer.start();
    let isDown = true;
    server.behave = (_, response) => {
      if (isDown) response.destroy();
      return isDown;
    };
    const worker = await sharing(server.url, {}, "", quickClock);
    expect(await worker.request(SyncRequest, {})).toMatchObject({ outcome: "waiting" });
    expect(englishOf(sharingOf(worker).failure)).toContain("closed the connection");
    isDown = false;
    await worker.request(RecordEventsRequest, { events: toolCalls(5) });
    await vi.waitFor(() => expect(server.events.size).toBe(11), { timeout: 30_000, interval: 50 });
    await vi.waitFor(() => expect(sharingOf(worker)).toMatchObject({ failure: null, syncing: false, pending: 5 }));
    expect(server.faults).toEqual([]);
  });

  it("keeps nothing of a batch that was purged during its upload", async () => {
    const server = await UsageServer.start();
    const worker = await sharing(server.url, {});
    let purged = false;
    server.behave = async ({ path }, response) => {
      if (!path.endsWith("/events") || purged) return false;
      purged = true;
      await worker.request(PurgeRequest, {});
      response.writeHead(503).end();
      return true;
    };
    expect(await worker.request(SyncRequest, {})).toMatchObject({ outcome: "stopped", pending: 0 });
    expect((await worker.request(StatusRequest, {})).sharing).toMatchObject({ pending: 0, waiting: 0 });
  });
});

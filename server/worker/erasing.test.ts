import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { v4, v7 } from "uuid";
import { describe, expect, it } from "vitest";
import { dayMs } from "../../shared/schema/durations.ts";
import { markRaw } from "../../shared/schema/raw.ts";
import { SharingWorker } from "../../test/fixtures/sharing-worker.ts";
import { UsageServer } from "../../test/fixtures/usage-server.ts";

const any = { source: null, workspace: null, period: null } as const;
const dayText = (ms: number): string => new Date(ms).toLocaleDateString("sv-SE");
const dayOf = (ms: number) => ({ period: "custom", from: dayText(ms), to: dayText(ms) }) as const;

/** Noon, so that hours near it are on the same day. */
const noon = (daysAgo: number): number => {
  const date = new Date(Date.now() - daysAgo * dayMs);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate(), 12).getTime();
};

interface Run {
  readonly source: string;
  readonly workspace: string;
  readonly tsMs: number;
}

class Recorder extends SharingWorker {
  readonly sessions = new Map<string, { readonly id: string; seq: number }>();

  raw({ source, workspace, tsMs }: Run): object {
    const session = this.sessions.get(source) ?? { id: v4(), seq: 0 };
    this.sessions.set(source, session);
    session.seq += 1;
    return {
      id: v7({ msecs: tsMs }),
      event_type: "agent_event",
      ts: tsMs,
      utc_offset_min: -new Date(tsMs).getTimezoneOffset(),
      session_id: session.id,
      source,
      seq: session.seq,
      stream: "tool",
      tool_name: "run_terminal_cmd",
      tool_phase: "end",
      command_line: "git push",
      exit_code: 0,
      duration_ms: 100 + session.seq,
      workspace,
    };
  }

  runs(...runs: readonly Run[]): void {
    const outcome = this.worker.record({ events: runs.map((run) => markRaw(this.raw(run))) });
    if (outcome.outcome !== "stored") throw new Error(JSON.stringify(outcome));
  }

  stats(period: Parameters<typeof this.worker.reader.stats>[0] = { period: "month" }) {
    return this.worker.reader.stats(period);
  }
}

const paths = ["/home/me/one", "/home/me/two"] as const;
const [one, two] = [pathToFileURL(paths[0]).href, pathToFileURL(paths[1]).href] as const;

function recorded(): Recorder {
  const recorder = new Recorder();
  recorder.consent("local");
  for (const daysAgo of [3, 2, 1])
    for (const source of ["vscode_terminal", "nexus_cli"])
      for (const workspace of [one, two])
        recorder.runs({ source, workspace, tsMs: noon(daysAgo) }, { source, workspace, tsMs: noon(daysAgo) + 1_000 });
  return recorder;
}

describe("erasing a part", () => {
  it("deletes a source, a workspace or days, after counting exactly that", async () => {
    for (const [part, expected] of [
      [{ ...any, source: "nexus_cli" }, 12],
      [{ ...any, workspace: paths[0] }, 12],
      [{ ...any, workspace: one }, 12],
      [{ ...any, period: dayOf(noon(2)) }, 8],
      [{ ...any, source: "nexus_cli", period: dayOf(noon(2)) }, 4],
      [{ ...any, workspace: two, period: dayOf(noon(1)) }, 4],
    ] as const) {
      const recorder = recorded();
      const plan = recorder.worker.planErasure(part);
      expect(plan).toMatchObject({ events: expected, sources: ["nexus_cli", "vscode_terminal"] });
      expect(plan.totals).toBeGreaterThan(0);
      expect(await recorder.worker.erasePart(part)).toMatchObject({ events: expected, found: 0, searched: expected });
      expect(recorder.worker.reader.status().database).toMatchObject({ events: 24 - expected });
      expect(recorder.stats().commands).toBe(24 - expected);
    }
  });

  it("takes the erased events out of their session", async () => {
    const recorder = recorded();
    await recorder.worker.erasePart({ ...any, period: dayOf(noon(1)) });
    const { sessions } = JSON.parse(await exported(recorder));
    const terminal = sessions.find(
      ({ sources }: { sources: { source: string }[] }) => sources[0]?.source === "vscode_terminal",
    );
    expect(terminal.commands_executed).toBe(8);
    expect(Date.parse(terminal.ended_at)).toBe(noon(2) + 1_000);
  });

  it("keeps erased events out when they arrive again, and takes new ones of the same day", async () => {
    const recorder = new Recorder();
    recorder.consent("local");
    const run = { source: "vscode_terminal", workspace: one, tsMs: Date.now() };
    const again = recorder.raw(run);
    recorder.worker.record({ events: [markRaw({ ...again })] });
    await recorder.worker.erasePart({ ...any, period: { period: "today" } });
    recorder.worker.record({ events: [markRaw({ ...again })] });
    expect(recorder.worker.reader.status().database?.events).toBe(0);
    recorder.runs({ ...run, tsMs: Date.now() + 5_000 });
    expect(recorder.worker.reader.status().database?.events).toBe(1);
  });

  it("removes unsent batches and the bodies in the ledger, and keeps the chain", async () => {
    const server = await UsageServer.start();
    const sharer = new SharingWorker({ url: server.url });
    sharer.consent();
    sharer.record(10, Date.now() + 1_000);
    await sharer.worker.sync();
    server.refuse(503);
    sharer.record(10, Date.now() + 2_000);
    await sharer.worker.sync();
    expect(sharer.outbox).toHaveLength(1);
    await sharer.worker.erasePart({ ...any, source: "vscode_terminal" });
    expect(sharer.outbox).toEqual([]);
    expect(sharer.worker.reader.verifyLedger()).toMatchObject({ bodies: 0, faults: [], receipts: 1 });
  });

  it("removes lines of event logs that were kept because they could not be imported", async () => {
    const recorder = new Recorder();
    const folder = join(recorder.home, "nexus", "state", "events");
    mkdirSync(folder, { recursive: true });
    const lines = ["nexus_cli", "python_sdk"].map((source) =>
      JSON.stringify(recorder.raw({ source, workspace: one, tsMs: noon(2) })),
    );
    recorder.consent("local");
    writeFileSync(join(folder, "old.jsonl"), `${lines.join("\n")}\n`);
    expect(await recorder.worker.importLogs()).toMatchObject({ beforeConsent: 2 });
    recorder.runs({ source: "nexus_cli", workspace: one, tsMs: Date.now() });
    await recorder.worker.erasePart({ ...any, source: "nexus_cli" });
    const kept = join(folder, "not-imported");
    const texts = readdirSync(kept).map((name) => readFileSync(join(kept, name), "utf8"));
    expect(texts.join("\n")).toContain("python_sdk");
    expect(texts.join("\n")).not.toContain("nexus_cli");
  });

  it("says what is missing or unknown", async () => {
    const { worker } = recorded();
    expect(() => worker.planErasure({ ...any, source: "cursor" })).toThrow(
      /Recorded sources: nexus_cli, vscode_terminal/,
    );
    expect(() => worker.planErasure({ ...any, workspace: "/home/me/none" })).toThrow(/No data of this workspace/);
    expect(() => worker.planErasure({ ...any, source: "nexus_cli", workspace: one })).toThrow(/not both/);
    await expect(worker.erasePart(any)).rejects.toThrow(/Select a source/);
    expect(worker.reader.status().database?.events).toBe(24);
  });
});

async function exported(recorder: Recorder): Promise<string> {
  let text = "";
  await recorder.worker.reader.exportTo(
    {
      write: (part) => {
        text += part;
      },
    },
    { format: "json", what: ["sessions"] },
  );
  return text;
}

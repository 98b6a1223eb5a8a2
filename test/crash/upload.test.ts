/**
 * Senders killed after each step and at random moments: the server receives each event once, in
 * order.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { beforeAll, describe, expect, it } from "vitest";
import { type SyncReport, uploadSteps } from "../../server/upload/sync/report.ts";
import { tempFolder } from "../fixtures/temp-folder.ts";
import { UsageServer } from "../fixtures/usage-server.ts";
import { bundleProgram } from "./bundle.ts";

let sender = "";

/** `npm run test:long -- upload` kills more often. */
const kills = Number(process.env["NEXUS_UPLOAD_KILLS"] ?? 32);

beforeAll(async () => {
  sender = await bundleProgram("sender");
});

interface Run {
  readonly stored: number;
  readonly steps: readonly string[];
  readonly report: SyncReport | undefined;
  readonly errors: readonly unknown[];
}

interface Line {
  readonly stored?: number;
  readonly step?: string;
  readonly report?: SyncReport;
  readonly error?: unknown;
}

/** Runs a sender until it exits or is killed. */
async function run(home: string, url: string, events: number, dieAfter = 0): Promise<Run> {
  const child = spawn(process.execPath, [sender, home, url, String(events), String(dieAfter)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: Line[] = [];
  const reading = createInterface({ input: child.stdout });
  reading.on("line", (line) => {
    try {
      lines.push(JSON.parse(line));
    } catch {
      // Ignore a line that the kill truncated.
    }
  });
  running.add(child);
  await Promise.all([once(child, "close"), once(reading, "close")]);
  running.delete(child);
  return {
    stored: lines.reduce((sum, { stored = 0 }) => sum + stored, 0),
    steps: lines.flatMap(({ step }) => step ?? []),
    report: lines.find(({ report }) => report !== undefined)?.report,
    errors: lines.flatMap(({ error }) => error ?? []),
  };
}

const running = new Set<ReturnType<typeof spawn>>();

function check(server: UsageServer, runs: readonly Run[]): void {
  expect(runs.flatMap(({ errors }) => errors)).toEqual([]);
  expect(server.faults).toEqual([]);
  const stored = runs.reduce((sum, run) => sum + run.stored, 0);
  // Every batch is acknowledged before the upload starts, so the numbers must be equal.
  expect(server.events.size).toBe(stored);
  const bySession = new Map<unknown, number[]>();
  for (const { anon_session_id: session, seq } of server.events.values()) {
    bySession.set(session, [...(bySession.get(session) ?? []), Number(seq)]);
  }
  for (const numbers of bySession.values()) expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  // One pseudonym: no crash created another one.
  expect(new Set([...server.events.values()].map(({ anon_user_id: id }) => id)).size).toBe(1);
}

describe("invariant: never-lost-never-twice", () => {
  it("delivers each event once and in order if killed after any upload step", async () => {
    const diedAfter = new Set<string>();
    for (let step = 1, finished = false; !finished; step += 1) {
      const server = await UsageServer.start();
      const home = tempFolder();
      // More events than fit in a batch, so that a second one is frozen. Every other time the next
      // run is killed too.
      const runs = [await run(home, server.url, 1_100, step)];
      finished = runs[0]?.report !== undefined;
      diedAfter.add(runs[0]?.steps.at(-1) ?? "");
      if (step % 2 === 0) runs.push(await run(home, server.url, 20, 1 + (step % 5)));
      runs.push(await run(home, server.url, 20));
      expect(runs.at(-1)?.report).toMatchObject({ outcome: "done", remaining: 0 });
      check(server, runs);
      server.stop();
    }
    // This step only occurs if a state file was lost.
    expect(uploadSteps.filter((step) => !diedAfter.has(step))).toEqual(["state_begun"]);
  });

  it("delivers each event once if killed during requests, with lost responses, again and again", async () => {
    const server = await UsageServer.start();
    const home = tempFolder();
    const runs: Run[] = [];
    let requests = 0;
    server.behave = (arrived, response) => {
      requests += 1;
      if (!arrived.path.endsWith("/events")) return false;
      const kill = () => {
        for (const child of running) child.kill("SIGKILL");
      };
      switch (requests % 4) {
        case 0:
          kill();
          return false;
        case 1:
          server.take(arrived);
          kill();
          return true;
        case 2:
          response.once("finish", kill);
          return false;
        default:
          server.take(arrived);
          response.destroy();
          return true;
      }
    };
    for (let round = 0; round < kills; round += 1) runs.push(await run(home, server.url, 10));
    server.behave = undefined;
    runs.push(await run(home, server.url, 0));
    expect(runs.filter(({ report }) => report === undefined).length).toBeGreaterThan(kills / 2);
    expect(runs.at(-1)?.report).toMatchObject({ outcome: "done", remaining: 0 });
    check(server, runs);
  });

  it("sends each event from only one of ten simultaneous processes", async () => {
    const server = await UsageServer.start();
    const home = tempFolder();
    const runs = [await run(home, server.url, 5)];
    runs.push(...(await Promise.all(Array.from({ length: 10 }, () => run(home, server.url, 100)))));
    runs.push(await run(home, server.url, 0));
    for (const { report } of runs) expect(["done", "busy"]).toContain(report?.outcome);
    check(server, runs);
    const sent = server.bodies.reduce((sum, body) => sum + JSON.parse(body.toString()).events.length, 0);
    expect(sent).toBe(server.events.size);
  });
});

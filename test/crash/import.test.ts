/**
 * Event log imports killed after each step, and at random moments while others append: each line
 * counts once.
 */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { build } from "esbuild";
import { v4 } from "uuid";
import { beforeAll, describe, expect, it } from "vitest";
import { root } from "../../scripts/generate/generate.ts";
import { type ImportStep, importSteps } from "../../server/ingest/event-log.ts";
import { openWithDriver } from "../../server/store/driver/select-driver.ts";
import { nexus } from "../fixtures/run-cli.ts";
import { SharingWorker } from "../fixtures/sharing-worker.ts";
import { tempFolder } from "../fixtures/temp-folder.ts";
import { bundleProgram } from "./bundle.ts";

let importer = "";

beforeAll(async () => {
  importer = await bundleProgram("importer");
});

/** Imports in a child process. Returns the completed steps. */
async function runImport(home: string, dieAfter = 0, times = 1): Promise<readonly string[]> {
  const child = spawn(process.execPath, [importer, home, String(dieAfter), String(times)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  await once(child, "close");
  return output.trimEnd().split("\n");
}

/** Creates a home folder with recording on, and its event log folder. */
function home() {
  const sharer = new SharingWorker({ home: tempFolder() });
  sharer.consent("local");
  sharer.worker.close();
  const folder = join(sharer.home, "nexus", "state", "events");
  mkdirSync(folder, { recursive: true });
  return { home: sharer.home, folder };
}

const session = v4();
let lineCount = 0;

/** Returns a line without an ID, as tools may write it; no two are equal. */
function line(): string {
  lineCount += 1;
  const event = { ts: Date.now() + 1, session_id: session, source: "python_sdk", event_type: "feature_first_use" };
  return `${JSON.stringify({ ...event, feature: "stats", n: lineCount })}\n`;
}

function count(folder: string): number {
  const connection = openWithDriver(join(folder, "nexus", "state", "telemetry.db"), {
    readOnly: true,
    busyTimeoutMs: 2_000,
  });
  const row = connection.prepare("SELECT count(*) n FROM events WHERE ts > 0").get();
  connection.close();
  return Number(row?.["n"]);
}

describe("invariant: never-lost-never-twice", () => {
  it("counts each line once and removes the log after an import killed at any step", async () => {
    const seen: string[] = [];
    const killAfter = async (step: number) => {
      const { home: userHome, folder } = home();
      const log = join(folder, "tool.jsonl");
      writeFileSync(log, `${line()}damaged\n${line()}`);
      seen.push(...(await runImport(userHome, step, 5)));
      appendFileSync(log, line());
      seen.push(...(await runImport(userHome, 0, 6)));
      expect([step, count(userHome)]).toEqual([step, 3]);
      expect(readdirSync(folder)).toEqual(["not-imported"]);
      const [file = ""] = readdirSync(join(folder, "not-imported"));
      const text = readFileSync(join(folder, "not-imported", file), "utf8");
      const leftovers = text.split("\n").filter((line) => line !== "");
      // A crash before the commit leaves a duplicate of the damaged line.
      expect(new Set(leftovers).size).toBe(1);
    };
    await Promise.all(Array.from({ length: importSteps.length + 2 }, (_, n) => killAfter(n + 1)));
    for (const step of importSteps satisfies readonly ImportStep[]) expect(seen).toContain(step);
  });

  it("counts each line once if the built command is killed while a tool appends", async () => {
    const { home: userHome, folder } = home();
    const log = join(folder, "tool.jsonl");
    let written = 0;
    let isOver = false;
    const writing = (async () => {
      while (!isOver) {
        // Opens, appends and closes, as every writer does.
        appendFileSync(log, line());
        written += 1;
        await wait(1);
      }
    })();
    for (let n = 0; n < 25; n += 1) {
      const child = spawn(process.execPath, [join(root, "dist", "cli", "nexus.cjs"), "usage", "import"], {
        env: { PATH: process.env["PATH"], HOME: userHome, NEXUS_EVENT_LOG: "1" },
        stdio: "ignore",
      });
      const exited = once(child, "exit");
      await wait(60 + ((n * 37) % 180));
      child.kill("SIGKILL");
      await exited;
    }
    isOver = true;
    await writing;
    expect(await nexus(userHome, {}, "usage", "import")).toMatchObject({ code: 0 });
    const { out } = await nexus(userHome, {}, "usage", "import", "--json");
    expect(JSON.parse(out)).toMatchObject({ stored: 2, unremoved: 0 });
    const connection = openWithDriver(join(userHome, "nexus", "state", "telemetry.db"), {
      readOnly: true,
      busyTimeoutMs: 2_000,
    });
    const rows = connection
      .prepare("SELECT count(*) n FROM events e JOIN dimensions d ON d.id = e.dimensions WHERE d.source = 'python_sdk'")
      .get();
    connection.close();
    expect(rows).toEqual({ n: written });
  });

  it("keeps all changes of eight processes to the pseudonym file", async () => {
    const folder = tempFolder();
    const program = join(folder, "change.mjs");
    await build({
      stdin: {
        contents: `
          import { PseudonymFile } from ${JSON.stringify(join(root, "server", "upload", "state", "pseudonyms.ts"))};
          const pseudonyms = new PseudonymFile(process.argv[2]);
          const { anon_user_id: id } = pseudonyms.create(Date.now());
          for (let n = 0; n < 299; n += 1) pseudonyms.addDestination(id, "https://example.com/" + n);
        `,
        resolveDir: root,
        loader: "ts",
      },
      outfile: program,
      bundle: true,
      platform: "node",
      format: "esm",
      external: ["better-sqlite3"],
      banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    });
    const file = join(root, "out", "crash", `installation-${process.pid}.json`);
    rmSync(file, { force: true });
    const copy = join(root, "out", "crash", "change.mjs");
    writeFileSync(copy, readFileSync(program));
    const children = Array.from({ length: 8 }, () => spawn(process.execPath, [copy, file], { stdio: "inherit" }));
    const codes = await Promise.all(children.map(async (child) => (await once(child, "exit"))[0]));
    expect(codes).toEqual(Array.from({ length: 8 }, () => 0));
    const { identities } = JSON.parse(readFileSync(file, "utf8"));
    expect(identities.map(({ destinations }: { destinations: unknown[] }) => destinations.length)).toEqual(
      Array.from({ length: 8 }, () => 299),
    );
    rmSync(file);
    rmSync(`${file}.lock`);
    expect(execFileSync("ls", [join(root, "out", "crash")], { encoding: "utf8" })).not.toContain("unfinished");
  });
});

/**
 * The command `nexus-cloud`: help, doctor, configuration errors, the folder lock, monthly files,
 * key rotation, shutdown and readiness.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, readdirSync, rmSync, statfsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { tempFolder } from "../test/fixtures/temp-folder.ts";
import { openPostgres } from "./aggregates/postgres.ts";
import { Registry } from "./ingest/registry.ts";
import { CloudProcess } from "./test/cloud-process.ts";
import { receiptIn, Sender } from "./test/sender.ts";
import { establish, startTestServer } from "./test/test-server.ts";

const main = fileURLToPath(new URL("main.ts", import.meta.url));

function run(env: Readonly<Record<string, string>>, ...args: readonly string[]) {
  const { PATH = "", HOME = "" } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    env: { PATH, HOME, ...env },
    encoding: "utf8",
  });
  return { status, out: stdout, err: stderr };
}

it("prints its help and names unknown commands and configuration errors", () => {
  expect(run({})).toMatchObject({ status: 0, out: expect.stringContaining("serve") });
  expect(run({}, "srve")).toMatchObject({ status: 2, err: expect.stringContaining("Unknown command: srve") });
  const port = run({ NEXUS_CLOUD_PORT: "many" }, "serve");
  expect(port).toMatchObject({ status: 2, err: expect.stringMatching(/^port: /) });
  expect(run({ NEXUS_CLOUD_PRT: "1" }, "serve")).toMatchObject({
    status: 2,
    err: expect.stringMatching(/prt.*Valid keys: host, port/),
  });
  const file = join(tempFolder(), "cloud.toml");
  writeFileSync(file, "port = 1\nport\n");
  expect(run({ NEXUS_CLOUD_CONFIG: file }, "migrate")).toMatchObject({
    status: 2,
    err: `${file}, line 2: invalid TOML.\n`,
  });
});

it("reports failed checks with advice in doctor and hides secrets", () => {
  const data = join(tempFolder(), "data");
  const secret = "token-5d21";
  const healthy = run({ NEXUS_CLOUD_DATA: data, NEXUS_CLOUD_TOKENS: secret }, "doctor");
  expect(healthy).toMatchObject({ status: 0, out: expect.stringContaining("created at first start") });
  expect(healthy.out).not.toContain(secret);
  mkdirSync(data, { mode: 0o755 });
  const unreachable = {
    NEXUS_CLOUD_LOG: `kafka://nexus:${secret}@127.0.0.1:1/events`,
    NEXUS_CLOUD_WAREHOUSE: `http://nexus:${secret}@127.0.0.1:1`,
    NEXUS_CLOUD_AGGREGATES: `postgres://nexus:${secret}@127.0.0.1:1/x`,
  };
  const failed = run({ NEXUS_CLOUD_DATA: data, ...unreachable }, "doctor");
  expect(failed).toMatchObject({ status: 1 });
  expect(failed.out).not.toContain(secret);
  expect(failed.out).toMatch(/✗ Kafka: connection failed/);
  expect(failed.out).toMatch(/✗ PostgreSQL: connection failed/);
  expect(failed.out).toMatch(/✗ .*is readable by other users\. Run: chmod 700/);
  expect(failed.out).toMatch(/✗ Warehouse: connection failed/);
});

it("locks its folder, and replays the log of a killed server without erased events", async () => {
  const data = tempFolder();
  const served = await CloudProcess.start({ NEXUS_CLOUD_DATA: data, NEXUS_CLOUD_INSERT_MS: "60000" });
  onTestFinished(async () => void (await served.end("SIGKILL")));
  const sender = new Sender(served.url);
  await sender.enroll();
  expect((await sender.send(sender.batch([sender.event(), sender.event()]))).status).toBe(200);
  const erased = new Sender(sender.url);
  await erased.enroll();
  expect((await erased.send(erased.batch([erased.event()]))).status).toBe(200);
  expect(run({ NEXUS_CLOUD_DATA: data }, "replay")).toMatchObject({
    status: 2,
    err: expect.stringContaining(`is in use by process ${served.pid}`),
  });
  await served.end("SIGKILL");
  // The erasure was requested before the replay, so its event is not inserted.
  const postgres = await openPostgres("pglite", join(data, "aggregates"));
  const registry = await Registry.open(postgres);
  expect(await registry.requestErasure(erased.id, Date.now())).toMatchObject({ erasure: "waiting" });
  await postgres.close();
  expect(run({ NEXUS_CLOUD_DATA: data }, "replay")).toMatchObject({
    status: 0,
    out: "Inserted 2 rows; the log is empty.\n",
  });
  expect(run({ NEXUS_CLOUD_DATA: data }, "replay")).toMatchObject({
    status: 0,
    out: expect.stringMatching(/^Inserted 0 rows/),
  });
});

it("keeps months in files and restores them when the database lost them", async () => {
  const data = tempFolder();
  const first = await startTestServer({ NEXUS_CLOUD_DATA: data }, "test");
  const sender = new Sender(first.server.url);
  await sender.enroll();
  await sender.send(sender.batch([sender.event(), sender.event({}, Date.now() - 40 * 86_400_000)]));
  await first.close();
  const months = readdirSync(join(data, "monthly"));
  expect(months).toHaveLength(2);
  // Deletes the totals, and the raw events from which they could be recomputed.
  for (const name of ["aggregates", "warehouse"]) rmSync(join(data, name), { recursive: true });
  expect(run({ NEXUS_CLOUD_DATA: data }, "migrate")).toMatchObject({ status: 0 });
  const { server } = await startTestServer({ NEXUS_CLOUD_DATA: data }, "test");
  const rows = await server.aggregates.query<{ month: string; events: number }>(
    "SELECT month::text AS month, sum(events)::int AS events FROM monthly GROUP BY 1 ORDER BY 1",
  );
  expect(rows.map(({ month, events }) => [`${month.slice(0, 7)}.jsonl`, events])).toEqual(
    months.sort().map((name) => [name, 1]),
  );
  expect(await server.aggregates.query("SELECT * FROM monthly_suppressed")).toHaveLength(2);
});

it("suppresses cells with few users and counts operations by month", async () => {
  const data = tempFolder();
  const { server, close } = await startTestServer({ NEXUS_CLOUD_DATA: data, NEXUS_CLOUD_LEAST_USERS: "3" }, "test");
  const send = async (commands: readonly string[], established = true) => {
    const sender = new Sender(server.url);
    await sender.enroll();
    if (established) await establish(server);
    await sender.send(sender.batch(commands.map((command) => sender.event({ command }))));
    return sender;
  };
  await send(["git push", "docker ps"]);
  await send(["git push", "docker ps"]);
  const erased = await send(["git push", "git no-command"]);
  // Fake users who try to reveal a cell of two: new users do not count.
  for (let n = 0; n < 4; n += 1) await send(["docker ps"], false);
  await server.pipeline.drain();
  const rows = (sql: string) => server.aggregates.query<Readonly<Record<string, unknown>>>(sql);
  for (const table of ["daily", "monthly"]) {
    const cells = await rows(`SELECT command_path, users::int FROM ${table}`);
    expect(cells).toEqual([{ command_path: "git push", users: 3 }]);
    expect(await rows(`SELECT cells::int FROM ${table}_suppressed`)).toEqual([{ cells: 1 }]);
  }
  expect(await erased.erase()).toMatchObject({ status: 200 });
  await close();
  const restarted = await startTestServer({ NEXUS_CLOUD_DATA: data }, "test");
  const counts = await restarted.server.aggregates.query<{ what: string; count: number }>(
    "SELECT what, count::int FROM operations WHERE month = date_trunc('month', now()) ORDER BY what",
  );
  expect(Object.fromEntries(counts.map(({ what, count }) => [what, count]))).toEqual({
    events_accepted: 9,
    events_refused_command_not_public: 1,
    erasures: 1,
    events_erased: 1,
  });
});

it("makes its folder private and leaves no file in it that other users can read", async () => {
  const data = join(tempFolder(), "data");
  mkdirSync(data, { mode: 0o755 });
  chmodSync(data, 0o755);
  const served = await CloudProcess.start({ NEXUS_CLOUD_DATA: data });
  onTestFinished(async () => void (await served.end("SIGKILL")));
  const sender = new Sender(served.url);
  await sender.enroll();
  expect((await sender.send(sender.batch([sender.event()]))).status).toBe(200);
  await served.end("SIGTERM");
  expect(await served.output).toContain('"event":"folder_made_private"');
  expect(statSync(data).mode & 0o777).toBe(0o700);
  const readable = readdirSync(data, { withFileTypes: true, recursive: true })
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => (statSync(path).mode & 0o077) !== 0);
  expect(readable).toEqual([]);
});

it.skipIf(process.getuid?.() !== 0)("refuses the folder of another user", () => {
  const data = join(tempFolder(), "data");
  mkdirSync(data, { mode: 0o700 });
  chownSync(data, 65_534, 65_534);
  expect(run({ NEXUS_CLOUD_DATA: data }, "migrate")).toMatchObject({
    status: 2,
    err: expect.stringContaining("belongs to another user"),
  });
});

it("rotates its receipt key while running and offline; older receipts stay valid", async () => {
  const data = tempFolder();
  const served = await CloudProcess.start({ NEXUS_CLOUD_DATA: data });
  onTestFinished(async () => void (await served.end("SIGKILL")));
  const sender = new Sender(served.url);
  await sender.enroll();
  const before = await sender.send(sender.batch([sender.event()]));
  expect(run({}, "keys")).toMatchObject({ status: 2, err: expect.stringContaining("nexus-cloud keys rotate") });
  expect(run({ NEXUS_CLOUD_DATA: data }, "keys", "rotate")).toMatchObject({
    status: 0,
    out: expect.stringMatching(/New receipt key: k2/),
  });
  const after = await sender.send(sender.batch([sender.event()]));
  const keys = await (await fetch(`${served.url}/v1/telemetry/keys`)).text();
  expect(JSON.parse(after.text).key_id).toBe("k2");
  for (const { text } of [before, after]) expect(receiptIn(text, keys)).toMatchObject({ accepted: 1 });
  // Other users of this machine have no token.
  for (const headers of [{}, { authorization: "Bearer guess" }]) {
    const response = await fetch(`${served.operatorUrl}/keys/rotate`, { method: "POST", headers });
    expect(response.status).toBe(401);
  }
  await served.end("SIGTERM");
  expect(run({ NEXUS_CLOUD_DATA: data }, "keys", "rotate")).toMatchObject({
    status: 0,
    out: expect.stringContaining("k3"),
  });
});

it("drains the log on SIGTERM and SIGINT before it exits", async () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    const data = tempFolder();
    const served = await CloudProcess.start({ NEXUS_CLOUD_DATA: data, NEXUS_CLOUD_INSERT_MS: "60000" });
    onTestFinished(async () => void (await served.end("SIGKILL")));
    const sender = new Sender(served.url);
    await sender.enroll();
    expect((await sender.send(sender.batch([sender.event()]))).status).toBe(200);
    expect(await served.end(signal)).toBe(0);
    expect(await served.output).toContain('"event":"stopped"');
    expect(run({ NEXUS_CLOUD_DATA: data }, "replay")).toMatchObject({ out: expect.stringMatching(/^Inserted 0 rows/) });
  }
});

it.skipIf(process.getuid?.() !== 0)(
  "is not ready while the disk is full, logs the error code, and recovers",
  async () => {
    const disk = tempFolder();
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=400m", "tmpfs", disk]);
    onTestFinished(() => void execFileSync("umount", ["-l", disk]));
    const served = await CloudProcess.start({ NEXUS_CLOUD_DATA: join(disk, "data"), NEXUS_CLOUD_INSERT_MS: "60000" });
    onTestFinished(async () => void (await served.end("SIGKILL")));
    const sender = new Sender(served.url);
    await sender.enroll();
    const body = sender.batch([sender.event()]);
    expect((await sender.send(body)).status).toBe(200);
    const filler = join(disk, "filler");
    const { bavail, bsize } = statfsSync(disk);
    writeFileSync(filler, Buffer.alloc(bavail * bsize));
    const ready = async () => (await fetch(`${served.url}/readyz`)).status;
    while ((await ready()) === 200);
    const response = await sender.send(sender.batch(Array.from({ length: 900 }, () => sender.event())));
    expect(response).toMatchObject({ status: 503, text: '{"error":"unavailable"}' });
    rmSync(filler);
    while ((await ready()) !== 200);
    expect((await sender.send(sender.batch([sender.event()]))).status).toBe(200);
    expect((await sender.send(body)).status).toBe(200);
    await served.end("SIGKILL");
    expect(await served.output).toMatch(/"event":"request_failed","error":"Error","code":"ENOSPC"/);
  },
  60_000,
);

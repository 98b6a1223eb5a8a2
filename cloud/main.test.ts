/** `nexus-cloud` as its operator has it: help, doctor, faults of the configuration, one process in a folder, what stays by month. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { freshFolder } from "../test/fixtures/folder.ts";
import { openPostgres } from "./aggregates/postgres.ts";
import { Registry } from "./ingest/registry.ts";
import { establish, running } from "./test/running.ts";
import { Sender } from "./test/sender.ts";
import { Served } from "./test/served.ts";

const main = fileURLToPath(new URL("main.ts", import.meta.url));

function ran(env: Readonly<Record<string, string>>, ...args: readonly string[]) {
  const { PATH = "", HOME = "" } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    env: { PATH, HOME, ...env },
    encoding: "utf8",
  });
  return { status, out: stdout, err: stderr };
}

it("says what there is, what is not, and what is wrong with its configuration", () => {
  expect(ran({})).toMatchObject({ status: 0, out: expect.stringContaining("serve") });
  expect(ran({}, "srve")).toMatchObject({ status: 2, err: expect.stringContaining("There is no command srve") });
  const port = ran({ NEXUS_CLOUD_PORT: "many" }, "serve");
  expect(port).toMatchObject({ status: 2, err: expect.stringMatching(/^port: /) });
  expect(ran({ NEXUS_CLOUD_PRT: "1" }, "serve")).toMatchObject({
    status: 2,
    err: expect.stringMatching(/prt.*There are host, port/),
  });
  const file = join(freshFolder(), "cloud.toml");
  writeFileSync(file, "port = 1\nport\n");
  expect(ran({ NEXUS_CLOUD_CONFIG: file }, "migrate")).toMatchObject({
    status: 2,
    err: `${file}, line 2: this is not valid TOML.\n`,
  });
});

it("looks at itself, hides what is secret, and names what is wrong with what to do", () => {
  const data = join(freshFolder(), "data");
  const secret = "token-5d21";
  const sound = ran({ NEXUS_CLOUD_DATA: data, NEXUS_CLOUD_TOKENS: secret }, "doctor");
  expect(sound).toMatchObject({ status: 0, out: expect.stringContaining("the first start makes it") });
  expect(sound.out).not.toContain(secret);
  mkdirSync(data, { mode: 0o755 });
  const away = {
    NEXUS_CLOUD_LOG: `kafka://nexus:${secret}@127.0.0.1:1/events`,
    NEXUS_CLOUD_WAREHOUSE: `http://nexus:${secret}@127.0.0.1:1`,
    NEXUS_CLOUD_AGGREGATES: `postgres://nexus:${secret}@127.0.0.1:1/x`,
  };
  const open = ran({ NEXUS_CLOUD_DATA: data, ...away }, "doctor");
  expect(open).toMatchObject({ status: 1 });
  expect(open.out).not.toContain(secret);
  expect(open.out).toMatch(/✗ No broker answers/);
  expect(open.out).toMatch(/✗ PostgreSQL does not answer/);
  expect(open.out).toMatch(/✗ .*can be read by others\. chmod 700/);
  expect(open.out).toMatch(/✗ The warehouse does not answer/);
});

it("lets one process work in a folder, and replays what a killed one left, but for what was erased", async () => {
  const data = freshFolder();
  const served = await Served.start({ NEXUS_CLOUD_DATA: data, NEXUS_CLOUD_INSERT_MS: "60000" });
  onTestFinished(() => served.end("SIGKILL"));
  const sender = new Sender(served.url);
  await sender.enroll();
  expect((await sender.send(sender.batch([sender.event(), sender.event()]))).status).toBe(200);
  const erased = new Sender(sender.url);
  await erased.enroll();
  expect((await erased.send(erased.batch([erased.event()]))).status).toBe(200);
  expect(ran({ NEXUS_CLOUD_DATA: data }, "replay")).toMatchObject({
    status: 2,
    err: expect.stringContaining(`Process ${served.pid} works in`),
  });
  await served.end("SIGKILL");
  // Asked for just before the end: what waits of it does not go in any more.
  const postgres = await openPostgres("pglite", join(data, "aggregates"));
  const registry = await Registry.open(postgres);
  expect(await registry.requestErasure(erased.id, Date.now())).toMatchObject({ erasure: "waiting" });
  await postgres.close();
  expect(ran({ NEXUS_CLOUD_DATA: data }, "replay")).toMatchObject({
    status: 0,
    out: "2 rows were put into the warehouse; the log waits for nothing.\n",
  });
  expect(ran({ NEXUS_CLOUD_DATA: data }, "replay")).toMatchObject({ status: 0, out: expect.stringMatching(/^0 rows/) });
});

it("has its months in files too, and takes them from there when the database has lost them", async () => {
  const data = freshFolder();
  const first = await running({ NEXUS_CLOUD_DATA: data }, "test");
  const sender = new Sender(first.server.url);
  await sender.enroll();
  await sender.send(sender.batch([sender.event(), sender.event({}, Date.now() - 40 * 86_400_000)]));
  await first.close();
  const months = readdirSync(join(data, "monthly"));
  expect(months).toHaveLength(2);
  // The totals, and the raw events that they could be made of again.
  for (const name of ["aggregates", "warehouse"]) rmSync(join(data, name), { recursive: true });
  expect(ran({ NEXUS_CLOUD_DATA: data }, "migrate")).toMatchObject({ status: 0 });
  const { server } = await running({ NEXUS_CLOUD_DATA: data }, "test");
  const rows = await server.aggregates.query<{ month: string; events: number }>(
    "SELECT month::text AS month, sum(events)::int AS events FROM monthly GROUP BY 1 ORDER BY 1",
  );
  expect(rows.map(({ month, events }) => [`${month.slice(0, 7)}.jsonl`, events])).toEqual(
    months.sort().map((name) => [name, 1]),
  );
  expect(await server.aggregates.query("SELECT * FROM monthly_suppressed")).toHaveLength(2);
});

it("keeps for ever only what is of many, and counts what it does by month", async () => {
  const data = freshFolder();
  const { server, close } = await running({ NEXUS_CLOUD_DATA: data, NEXUS_CLOUD_LEAST_USERS: "3" }, "test");
  const send = async (commands: readonly string[], established = true) => {
    const sender = new Sender(server.url);
    await sender.enroll();
    if (established) await establish(server);
    await sender.send(sender.batch(commands.map((command) => sender.event({ command }))));
    return sender;
  };
  await send(["git push", "docker ps"]);
  await send(["git push", "docker ps"]);
  const gone = await send(["git push", "git no-command"]);
  // Made up to read a cell of two: whoever is new does not count.
  for (let n = 0; n < 4; n += 1) await send(["docker ps"], false);
  await server.pipeline.drain();
  const rows = (sql: string) => server.aggregates.query<Readonly<Record<string, unknown>>>(sql);
  for (const table of ["daily", "monthly"]) {
    const cells = await rows(`SELECT command_path, users::int FROM ${table}`);
    expect(cells).toEqual([{ command_path: "git push", users: 3 }]);
    expect(await rows(`SELECT cells::int FROM ${table}_suppressed`)).toEqual([{ cells: 1 }]);
  }
  expect(await gone.erase()).toMatchObject({ status: 200 });
  await close();
  const again = await running({ NEXUS_CLOUD_DATA: data }, "test");
  const counts = await again.server.aggregates.query<{ what: string; count: number }>(
    "SELECT what, count::int FROM operations WHERE month = date_trunc('month', now()) ORDER BY what",
  );
  expect(Object.fromEntries(counts.map(({ what, count }) => [what, count]))).toEqual({
    ...{ events_accepted: 9, events_refused_command_not_public: 1, erasures: 1, events_erased: 1 },
  });
});

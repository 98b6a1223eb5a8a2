/** The query API: keys, limits, formats, small numbers, and erasure. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { tempFolder } from "../../../test/fixtures/temp-folder.ts";
import { dayOf } from "../../hours.ts";
import { readOperatorFile } from "../../operator-file.ts";
import { CloudProcess } from "../../test/cloud-process.ts";
import { Sender } from "../../test/sender.ts";
import { establish, startTestServer } from "../../test/test-server.ts";
import type { MetricAnswer } from "../metrics/metric-answer.ts";

const today = dayOf(Date.now());
const dau = { metric: "dau", from: today, to: today };

const { server, data } = await startTestServer({ NEXUS_CLOUD_MIN_GROUP_USERS: "5" });

const operate = async (path: string, body: object): Promise<unknown> => {
  const { url = "", token = "" } = readOperatorFile(data) ?? {};
  const headers = { authorization: `Bearer ${token}` };
  return (await fetch(`${url}${path}`, { method: "POST", headers, body: JSON.stringify(body) })).json();
};
const keys = {
  create: async (name: string) => (await operate("/api-keys", { name })) as { id: string; key: string },
  revoke: async (id: string) => ((await operate("/api-keys/revoke", { id })) as { revoked: boolean }).revoked,
};

const ask = (key: string, path: string, body: unknown, accept = "application/json") =>
  fetch(`${server.analyticsUrl}/v1/analytics/${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, accept },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

const cellIn = async (response: Response) => ((await response.json()) as MetricAnswer).series[0]?.cells[0];

/** Enrols users that count and sends one command of each. */
async function share(users: number): Promise<readonly Sender[]> {
  const senders = Array.from({ length: users }, () => new Sender(server.url));
  for (const sender of senders) await sender.enroll();
  await establish(server);
  for (const sender of senders) await sender.send(sender.batch([sender.event()]));
  await server.pipeline.drain();
  return senders;
}

describe("the query API", () => {
  it("refuses a missing, wrong or revoked key, at once", async () => {
    expect((await fetch(`${server.analyticsUrl}/v1/analytics/metrics`)).status).toBe(401);
    expect((await ask("nxq_wrong", "query", dau)).status).toBe(401);
    const { id, key } = await keys.create("team");
    expect((await ask(key, "query", dau)).status).toBe(200);
    await keys.revoke(id);
    expect((await ask(key, "query", dau)).status).toBe(401);
    expect(await keys.revoke(id)).toBe(false);
  });

  it("says what is wrong with a question, by field", async () => {
    const { key } = await keys.create("questions");
    const messageOf = async (path: string, body: unknown) => {
      const response = await ask(key, path, body);
      expect(response.status).toBe(400);
      return ((await response.json()) as { message?: string }).message;
    };
    expect(await messageOf("query", { ...dau, sql: "SELECT 1" })).toBe("Unknown field: sql.");
    expect(await messageOf("query", { ...dau, from: "2026-02-30" })).toBe("from: must be a day such as 2026-03-01.");
    expect(await messageOf("query", { ...dau, grain: "week" })).toBe("dau has no value by week. Use: day.");
    expect(await messageOf("query", { ...dau, group_by: "command" })).toBe(
      "dau cannot be divided by command. Use: source, version, os.",
    );
    expect(await messageOf("query", { ...dau, from: "2020-01-01" })).toMatch(/^to: /);
    expect(await messageOf("funnels", { from: today, to: today, steps: [{ event: "command" }] })).toMatch(/^steps: /);
    expect((await ask(key, "query", "{")).status).toBe(400);
    // A value is a parameter, whatever it contains.
    const quoted = { ...dau, filters: [{ dimension: "os", value: "' OR 1 = 1 --" }] };
    expect((await ask(key, "query", quoted)).status).toBe(200);
  });

  it("hides fewer than five users, and shows five", async () => {
    const { key } = await keys.create("numbers");
    await share(4);
    expect(await cellIn(await ask(key, "query", dau))).toEqual({ value: null, hidden: true });
    await share(1);
    expect(await cellIn(await ask(key, "query", dau))).toEqual({ value: 5, hidden: false });
  });

  it("answers as CSV, with the same hidden values", async () => {
    const { key } = await keys.create("csv");
    const response = await ask(key, "query", { ...dau, group_by: "os" }, "text/csv");
    expect(response.headers.get("content-type")).toBe("text/csv; charset=utf-8");
    expect(await response.text()).toBe(`start,complete,linux,(all)\r\n${today},false,5,5\r\n`);
  });

  it("invariant: erasure removes a user from every answer at once", async () => {
    const { key } = await keys.create("erasure");
    const [sender] = await share(1);
    expect(await cellIn(await ask(key, "query", dau))).toEqual({ value: 6, hidden: false });
    await sender?.erase();
    await server.erasures.whenIdle();
    expect(await cellIn(await ask(key, "query", dau))).toEqual({ value: 5, hidden: false });
    const newUsers = await cellIn(await ask(key, "query", { ...dau, metric: "new_users" }));
    expect(newUsers).toEqual({ value: 5, hidden: false });
  });

  it("limits the questions of a key to 600 in an hour", async () => {
    const { key } = await keys.create("tracker");
    let allowed = 0;
    // Some tokens return while it asks.
    const headers = { authorization: `Bearer ${key}` };
    const request = () => fetch(`${server.analyticsUrl}/v1/analytics/metrics`, { headers });
    while (allowed < 1_200 && (await request()).status === 200) allowed += 1;
    expect((await request()).status).toBe(429);
    expect(allowed).toBeGreaterThanOrEqual(600);
    expect(allowed).toBeLessThan(700);
  });
});

it("answers the operator's command, while the server runs and without it", async () => {
  const data = tempFolder();
  const env = { NEXUS_CLOUD_DATA: data, NEXUS_CLOUD_MIN_GROUP_USERS: "1", NEXUS_CLOUD_LEAST_USERS: "1" };
  const main = fileURLToPath(new URL("../../main.ts", import.meta.url));
  const run = (...args: readonly string[]) => {
    const { PATH = "", HOME = "" } = process.env;
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
      env: { PATH, HOME, ...env },
      encoding: "utf8",
    });
    return { status, out: stdout, err: stderr };
  };
  const served = await CloudProcess.start({ ...env, NEXUS_CLOUD_INSERT_MS: "1" });
  onTestFinished(async () => void (await served.end("SIGKILL")));
  const sender = new Sender(served.url);
  await sender.enroll();
  await sender.send(sender.batch([sender.event()]));
  const question = ["query", "success_rate", "--from", today, "--to", today];
  await expect.poll(() => run(...question, "--format", "csv").out).toBe(`start,complete,(all)\n${today},false,1\n`);
  const created = run("api-keys", "create", "dashboard");
  const [, id = ""] = /Key (\S+):/.exec(created.out) ?? [];
  expect(run("api-keys", "list").out).toBe(`${id}  in use  dashboard\n`);
  expect(run("api-keys", "revoke", id)).toMatchObject({ status: 0 });
  expect(run("query", "succes_rate")).toMatchObject({ status: 2, err: expect.stringContaining("query metrics") });
  expect(run("query", "dau", "--tpo", "3").err).toBe(
    "Unknown option '--tpo'. Run nexus-cloud query --help for usage.\n",
  );
  expect(run("query", "dau", "--by", "command")).toMatchObject({
    status: 2,
    err: expect.stringContaining("Use: source"),
  });
  await served.end("SIGTERM");
  const table = run(...question);
  expect(table.out).toContain("Success rate (ratio)");
  expect(table.out).toContain(`${today}  false         1`);
  expect(run("api-keys", "list").out).toBe(`${id}  revoked  dashboard\n`);
  expect(run("query", "funnel", "install", "--format", "json").out).toContain('"event": "install_completed"');
});

/** Acknowledged changes of the registry are durable, and its files contain no pseudonym. */

import { spawn } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, openSync, readdirSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { dayMs } from "../../shared/schema/durations.ts";
import { tempFolder } from "../../test/fixtures/temp-folder.ts";
import { openPostgres, type Postgres } from "../aggregates/postgres.ts";

import { embeddedPostgres } from "../test/embedded-postgres.ts";
import { erasedUserDigest, isEstablished } from "./installation.ts";
import { Registry } from "./registry.ts";

const secret = () => randomBytes(32);
const nowMs = Date.parse("2026-11-01T12:00:00Z");

const shared = await embeddedPostgres();

async function emptyRegistry(): Promise<{ readonly registry: Registry; readonly postgres: Postgres }> {
  await Registry.open(shared);
  await shared.query("DELETE FROM installations", []);
  return { registry: await Registry.open(shared), postgres: shared };
}

async function openRegistry(folder: string): Promise<{ readonly registry: Registry; readonly postgres: Postgres }> {
  const postgres = await openPostgres("pglite", folder);
  onTestFinished(() => postgres.close().catch(() => undefined));
  return { registry: await Registry.open(postgres), postgres };
}

const textsIn = (folder: string): string =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"))
    .join("");

it("enrols a secret, rotates it idempotently, and erases inactive installations at once", async () => {
  const folder = tempFolder();
  const { registry, postgres } = await openRegistry(folder);
  const [id, first, next] = [randomUUID(), secret(), secret()];
  expect(await Promise.all([registry.enroll(id, first, nowMs), registry.enroll(id, secret(), nowMs)])).toEqual([
    "enrolled",
    "other",
  ]);
  expect(await registry.enroll(id, first, nowMs)).toBe("enrolled");
  const known = await registry.find(id);
  if (known === undefined) throw new Error("not found");
  // Twice concurrently, as when a client repeats a rotation whose response was lost.
  expect(await Promise.all([registry.rotateSecret(known, next), registry.rotateSecret(known, next)])).toEqual([
    true,
    true,
  ]);
  expect(await registry.find(id)).toMatchObject({ secret: next, previousSecret: first, rotations: 1 });
  expect(await registry.find(id)).toMatchObject({ secret: next, erasure: "none" });
  expect(await registry.requestErasure(id, nowMs + 1)).toMatchObject({ erasure: { erasedMs: nowMs + 1, events: 0 } });
  expect(registry.waiting).toEqual([]);
  expect(registry.isErased(id)).toBe(true);
  expect(await registry.enroll(id, next, nowMs)).toBe("erased");
  expect(await registry.enroll(id, first, nowMs)).toBe("other");
  expect(await registry.rotateSecret(known, secret())).toBe(false);
  await postgres.close();
  const all = textsIn(folder);
  for (const text of [id, Buffer.from(id.replaceAll("-", ""), "hex").toString("latin1")])
    expect(all.includes(text)).toBe(false);
  for (const bytes of [first, next])
    for (const form of ["latin1", "base64", "hex"] as const) expect(all.includes(bytes.toString(form))).toBe(false);
});

it("keeps a pending erasure across a restart and its findings across a crash", async () => {
  const { registry, postgres } = await emptyRegistry();
  const id = randomUUID();
  await registry.enroll(id, secret(), nowMs);
  const known = await registry.find(id);
  if (known === undefined) throw new Error("not found");
  await registry.recordActivity(known, nowMs);
  expect(await registry.requestErasure(id, nowMs)).toMatchObject({ erasure: "waiting" });
  const reopened = await Registry.open(postgres);
  const digest = erasedUserDigest(id);
  expect(reopened.waiting).toEqual([digest]);
  expect(await reopened.recordActivity(known, nowMs + dayMs)).toMatchObject({ erasure: "waiting" });
  await reopened.saveFound([{ digest, hours: [3_600, 7_200], events: 5 }]);
  // After a crash, half of the events are already deleted.
  const [found] = await reopened.saveFound([{ digest, hours: [7_200], events: 2 }]);
  expect({ ...found, hours: [...(found?.hours ?? [])].sort() }).toEqual({ digest, hours: [3_600, 7_200], events: 5 });
  const notApplied = { days: ["2026-08-01"], months: [] };
  await reopened.completeErasures([{ digest, notApplied }], nowMs + 5);
  for (const instance of [reopened, await Registry.open(postgres)]) {
    expect(instance.waiting).toEqual([]);
    expect(await instance.find(id)).toMatchObject({ erasure: { erasedMs: nowMs + 5, events: 5, notApplied } });
    expect(await instance.erasedAmong([id, randomUUID()])).toEqual(new Set([id]));
  }
});

it("counts active days; a user is established after seven days with three active ones", async () => {
  const { registry } = await emptyRegistry();
  const id = randomUUID();
  await registry.enroll(id, secret(), nowMs);
  const established: boolean[] = [];
  for (const day of [0, 0, 1, 1, 6.9, 7, 8]) {
    const known = await registry.find(id);
    if (known === undefined) throw new Error("not found");
    const active = await registry.recordActivity(known, nowMs + day * dayMs);
    established.push(active !== undefined && isEstablished(active, nowMs + day * dayMs));
  }
  expect(established).toEqual([false, false, false, false, false, true, true]);
  expect(await registry.find(id)).toMatchObject({ activeDays: 4, activeDay: "2026-11-09" });
});

it("finds an installation during continuous erasures and fails only for a damaged row", async () => {
  const { registry, postgres } = await emptyRegistry();
  const [good, bad] = [randomUUID(), randomUUID()];
  for (const id of [good, bad]) await registry.enroll(id, secret(), nowMs);
  await postgres.query("UPDATE installations SET sealed_secret = 'AAAA' WHERE digest = $1", [erasedUserDigest(bad)]);
  let running = true;
  const storm = (async () => {
    while (running) {
      const id = randomUUID();
      await registry.enroll(id, secret(), nowMs);
      await registry.requestErasure(id, nowMs);
    }
  })();
  const found = await Promise.allSettled([registry.find(good), registry.find(bad)]);
  running = false;
  await storm;
  expect(found).toMatchObject([{ status: "fulfilled", value: { anonUserId: good } }, { status: "rejected" }]);
});

it("expires only enrolments without an accepted batch", async () => {
  const { registry } = await emptyRegistry();
  const [idle, active, young] = [randomUUID(), randomUUID(), randomUUID()];
  for (const id of [idle, active]) await registry.enroll(id, secret(), nowMs);
  await registry.enroll(young, secret(), nowMs + dayMs);
  for (const id of [idle, active, young]) await registry.find(id);
  const known = await registry.find(active);
  if (known !== undefined) await registry.recordActivity(known, nowMs);
  expect(await registry.expire(nowMs + dayMs)).toBe(1);
  const found = await Promise.all([idle, active, young].map((id) => registry.find(id)));
  expect(found.map((installation) => installation !== undefined)).toEqual([false, true, true]);
});

it("imports the registry file of version 0.8 and deletes it", async () => {
  const folder = tempFolder();
  const path = join(folder, "registry.jsonl");
  const [id, pending, erased, latest] = [randomUUID(), randomUUID(), randomUUID(), secret()];
  const { privateKey } = await import("node:crypto").then((crypto) => crypto.generateKeyPairSync("ed25519"));
  const pkcs8 = privateKey.export({ type: "pkcs8", format: "der" }).toString("base64");
  const lines = [
    { key: "k1", pkcs8 },
    { enroll: id, secret: secret().toString("base64") },
    { enroll: pending, secret: secret().toString("base64") },
    { enroll: id, secret: latest.toString("base64") },
    { erase: pending },
    { erased: erasedUserDigest(erased), at: 7, count: 3 },
  ];
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  const { postgres } = await emptyRegistry();
  await postgres.query("DELETE FROM receipt_keys", []);
  for (const damaged of ["5", "null", "{}", '{"enroll":"x","secret":5}']) {
    writeFileSync(path, text.replace(`${JSON.stringify({ erase: pending })}`, damaged));
    await expect(Registry.open(postgres, path)).rejects.toThrow(/registry\.jsonl: line 5 is damaged\. Restore/);
  }
  writeFileSync(path, text.replace('{"erase"', '{"erase'));
  await expect(Registry.open(postgres, path)).rejects.toThrow(/registry\.jsonl: line 5 is damaged\. Restore/);
  expect(existsSync(path)).toBe(true);
  // A torn last line was never acknowledged.
  writeFileSync(path, `${text}{"enroll":"`);
  const registry = await Registry.open(postgres, path);
  expect(existsSync(path)).toBe(false);
  expect(registry.keys.map(({ id: name }) => name)).toEqual(["k1"]);
  const found = await registry.find(id);
  expect(found).toMatchObject({ secret: latest, erasure: "none" });
  expect(found !== undefined && isEstablished(found, nowMs)).toBe(true);
  expect(registry.waiting).toEqual([erasedUserDigest(pending)]);
  expect(await registry.find(erased)).toMatchObject({ secret: undefined, erasure: { erasedMs: 7, events: 3 } });
}, 30_000);

const writer = fileURLToPath(new URL("../test/enrolling.ts", import.meta.url));

it("keeps every acknowledged enrolment after a kill that loses the unsynced write-ahead log", async () => {
  const folder = tempFolder();
  const data = join(folder, "aggregates");
  const child = spawn(process.execPath, [writer, data], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  while (output.split("\n").length < 60) output += (await once(child.stdout, "data"))[0];
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
  const acknowledged = output
    .trimEnd()
    .split("\n")
    .slice(0, -1)
    .map((line) => line.split(" "));
  // Everything that was not synced at the last acknowledgement is lost, as after a power failure.
  const [, , name = "", lsn = ""] = acknowledged.at(-1) ?? [];
  const offset = Number.parseInt(lsn.split("/")[1] ?? "", 16) % (16 * 1_048_576);
  const file = openSync(join(data, "pg_wal", name), "r+");
  writeSync(file, Buffer.alloc(16 * 1_048_576 - offset), 0, 16 * 1_048_576 - offset, offset);
  const { registry } = await openRegistry(data);
  for (const [id = "", hex = ""] of acknowledged) expect((await registry.find(id))?.secret?.toString("hex")).toBe(hex);
}, 60_000);

/** Enrolment, secret rotation, and erasures that a server finishes later. */

import { createHash, createHmac } from "node:crypto";
import type { ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { englishOf } from "../../../test/fixtures/message-text.ts";
import { SharingWorker } from "../../../test/fixtures/sharing-worker.ts";
import { type Arrived, UsageServer } from "../../../test/fixtures/usage-server.ts";
import { maxProofBits } from "../wire/proof-of-work.ts";
import { secretAgeMs } from "./access.ts";

const respond = (answer: ServerResponse, status: number, content: object, headers: Record<string, string> = {}) => {
  answer.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(content));
  return true;
};

async function startSharing(clock = { nowMs: Date.now }) {
  const server = await UsageServer.start();
  const sharer = new SharingWorker({ url: server.url, clock });
  sharer.consent();
  sharer.record(10);
  return { server, sharer };
}

const isSigned = ({ headers, body }: Arrived, secret: Buffer): boolean => {
  const text = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.`;
  return (
    headers["webhook-signature"] === `v1,${createHmac("sha256", secret).update(text).update(body).digest("base64")}`
  );
};

describe("proof of work", () => {
  const demandProof = (bits: number) => (arrived: Arrived, answer: ServerResponse) => {
    if (!arrived.path.endsWith("/enroll")) return false;
    const proof = arrived.headers["nexus-proof"];
    const digest = createHash("sha256").update(`${arrived.headers["webhook-signature"]}:${proof}`).digest();
    if (proof !== undefined && digest.readUInt32BE(0) >>> (32 - bits) === 0) return false;
    return respond(answer, 429, { error: "proof_required" }, { "nexus-proof-bits": String(bits), "retry-after": "60" });
  };

  it("computes the proof that the server demands, within the run", async () => {
    const { server, sharer } = await startSharing();
    server.behave = demandProof(12);
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "done", events: 5 });
    expect(server.arrived.filter(({ path }) => path.endsWith("/enroll"))).toHaveLength(2);
    expect(server.faults).toEqual([]);
  });

  it("computes no proof if the server demands too much, and retries later", async () => {
    const { server, sharer } = await startSharing();
    server.behave = demandProof(maxProofBits + 1);
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "waiting", remaining: 5 });
    expect(server.arrived.some(({ headers }) => headers["nexus-proof"] !== undefined)).toBe(false);
  });
});

describe("rejected signature", () => {
  it("enrols the same secret again and then sends the batch", async () => {
    const { server, sharer } = await startSharing();
    await sharer.worker.sync();
    const [secret] = server.secrets.values();
    server.secrets.clear();
    server.behave = ({ path }, answer) =>
      path.endsWith("/events") && server.secrets.size === 0 && respond(answer, 401, { error: "signature" });
    sharer.record(10);
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "done", events: 5 });
    expect([...server.secrets.values()]).toEqual([secret]);
  });

  it("pauses after a second 401 and loses no event", async () => {
    const { server, sharer } = await startSharing();
    server.refuse(401);
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "paused", remaining: 5 });
    expect(server.bodies).toHaveLength(2);
  });
});

describe("signing secret", () => {
  it("rotates the secret after 90 days with a request that the old one signs", async () => {
    let nowMs = Date.now();
    const { server, sharer } = await startSharing({ nowMs: () => nowMs });
    await sharer.worker.sync();
    const [before = Buffer.alloc(0)] = server.secrets.values();
    nowMs += secretAgeMs;
    sharer.record(10, nowMs);
    // The first answer is lost, so it is unclear which secret the server has.
    let rotations = 0;
    server.behave = (arrived, answer) => {
      if (!arrived.path.endsWith("/rotate")) return false;
      rotations += 1;
      expect(isSigned(arrived, before)).toBe(true);
      const { anon_user_id: id, secret } = JSON.parse(arrived.body.toString());
      server.secrets.set(id, Buffer.from(secret, "base64"));
      if (rotations === 1) answer.destroy();
      else respond(answer, 200, { enrolled: true });
      return true;
    };
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "done", events: 5 });
    expect(rotations).toBe(2);
    // A repeat contains the same secret, because the server may have it already.
    const requests = server.arrived.filter(({ path }) => path.endsWith("/rotate"));
    expect(new Set(requests.map(({ body }) => body.toString())).size).toBe(1);
    const [after = Buffer.alloc(0)] = server.secrets.values();
    expect(after.equals(before)).toBe(false);
    sharer.record(10, nowMs);
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "done", events: 5 });
    expect(rotations).toBe(2);
    expect(await sharer.worker.eraseRemotely()).toMatchObject({ erased: 1 });
    expect(server.faults).toEqual([]);
  });

  it("keeps the secret if the server has no rotation route, without asking in each run", async () => {
    let nowMs = Date.now();
    const { server, sharer } = await startSharing({ nowMs: () => nowMs });
    await sharer.worker.sync();
    nowMs += secretAgeMs;
    for (let n = 0; n < 2; n += 1) {
      sharer.record(10, nowMs);
      expect(await sharer.worker.sync()).toMatchObject({ outcome: "done", events: 5 });
      nowMs += 3_600_000;
    }
    expect(server.arrived.filter(({ path }) => path.endsWith("/rotate"))).toHaveLength(1);
    expect(server.faults).toEqual([]);
  });
});

describe("erasure that is accepted and finished later", () => {
  /** Starts a server that accepts erasures and returns the receipt once `isDone`. */
  async function startErasing(isDone: () => boolean) {
    const { server, sharer } = await startSharing();
    await sharer.worker.sync();
    server.behave = ({ method, path }, answer) => {
      if (!path.includes("/users/")) return false;
      const [, id = ""] = /users\/([0-9a-f-]+)/.exec(path) ?? [];
      if (!isDone()) return respond(answer, 202, { erasure: "waiting", status: `${path}/erasure` });
      expect(method).toBe("GET");
      return respond(answer, 200, JSON.parse(server.receipt({ anon_user_id: id, erased: 5, erased_at: 1 })));
    };
    return { server, sharer };
  }

  it("polls until the receipt arrives, even if a newer key signed it", async () => {
    let requests = 0;
    const { server, sharer } = await startErasing(() => {
      requests += 1;
      return requests > 3;
    });
    server.rotate("second");
    expect(await sharer.worker.eraseRemotely()).toMatchObject({ outcome: "done", erased: 1, erasing: 0 });
    expect(sharer.worker.reader.status().sharing).toMatchObject({ erasures: 0, erasing: 0 });
    expect(sharer.worker.reader.verifyLedger()).toMatchObject({ faults: [] });
  });

  it("keeps the erasure pending as accepted, and sends nothing more under its pseudonym", async () => {
    let done = false;
    const { server, sharer } = await startErasing(() => done);
    const before = sharer.state.anon_id;
    const report = await sharer.worker.eraseRemotely();
    expect(report).toMatchObject({ erased: 0, erasing: 1 });
    expect(englishOf(report.reason)).toMatch(/accepted the erasure and has not finished/);
    expect(sharer.worker.reader.status().sharing).toMatchObject({ erasures: 1, erasing: 1 });
    const { behave } = server;
    server.behave = (arrived, answer, self) =>
      arrived.method === "DELETE" && done
        ? respond(answer, 200, JSON.parse(server.receipt({ anon_user_id: before, erased: 5, erased_at: 1 })))
        : (behave?.(arrived, answer, self) ?? false);
    done = true;
    sharer.record(10, Date.now() + 5);
    expect(await sharer.worker.sync()).toMatchObject({ outcome: "done", events: 5, erased: 1 });
    expect(sharer.state.anon_id).not.toBe(before);
    expect(server.faults).toEqual([]);
  }, 20_000);

  it("does not treat a 202 without the protocol's JSON as accepted", async () => {
    const { server, sharer } = await startSharing();
    await sharer.worker.sync();
    server.behave = ({ path }, answer) => {
      if (!path.includes("/users/")) return false;
      answer.writeHead(202, { "content-type": "application/json" }).end("{}");
      return true;
    };
    expect(await sharer.worker.eraseRemotely()).toMatchObject({ erased: 0, erasing: 0 });
    expect(sharer.worker.reader.status().sharing).toMatchObject({ erasures: 1, erasing: 0 });
  });
});

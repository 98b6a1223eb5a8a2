/** A client of the wire protocol for tests: enrols, signs, sends and requests erasures. */
import { createHash, createHmac, createPublicKey, hash, randomBytes, randomUUID, verify } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

export interface HttpResponse {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

/** Derives a UUID of the given version from a text. */
export function uuidOf(version: number, text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${version}${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

export type Event = Readonly<Record<string, unknown>>;

export class Sender {
  readonly id = randomUUID();
  readonly secret = randomBytes(32);
  url: string;
  #n = 0;

  constructor(url: string) {
    this.url = url;
  }

  /** Creates a valid event of schema 2. */
  event(payload: Event = {}, tsMs = Date.now(), type = "command_finished"): Event {
    this.#n += 1;
    return {
      schema_version: "1.0.0",
      event_id: uuidOf(7, `${this.id} ${this.#n}`),
      event_type: type,
      timestamp: new Date(tsMs).toISOString(),
      source: {
        product: "nexus-telemetry",
        version: "0.7.0",
        tier: "oss",
        os: "linux",
        arch: "x86_64",
        runtime_version: "22.15.0",
        channel: "nexus_cli",
      },
      session: { id: createHash("sha256").update(this.id).digest("hex"), sequence: this.#n },
      payload:
        type === "command_finished"
          ? { command: "git push", execution: { duration_ms: 12, success: true }, ...payload }
          : payload,
    };
  }

  batch(events: readonly unknown[], part: Event = {}): string {
    return JSON.stringify({
      batch_id: uuidOf(8, randomUUID()),
      generated_at: Date.now(),
      schema_version: 2,
      anon_user_id: this.id,
      events,
      ...part,
    });
  }

  headers(body: string | Buffer, id: string, seconds = Math.floor(Date.now() / 1_000)): Record<string, string> {
    const mac = createHmac("sha256", this.secret).update(`${id}.${seconds}.`).update(body).digest("base64");
    return {
      "content-type": "application/json",
      "webhook-id": id,
      "webhook-timestamp": String(seconds),
      "webhook-signature": `v1,${mac}`,
    };
  }

  async ask(path: string, init: RequestInit): Promise<HttpResponse> {
    const response = await fetch(`${this.url}/v1/telemetry/${path}`, init);
    return { status: response.status, text: await response.text(), headers: response.headers };
  }

  /** Enrols without a proof of work, as clients of version 0.8 do. */
  enroll(secret = this.secret): Promise<HttpResponse> {
    const body = JSON.stringify({ anon_user_id: this.id, secret: secret.toString("base64") });
    return this.ask("enroll", { method: "POST", body, headers: { "content-type": "application/json" } });
  }

  /** Enrols with a proof of work. */
  enrollWithProof(bits: number): Promise<HttpResponse> {
    const body = JSON.stringify({ anon_user_id: this.id, secret: this.secret.toString("base64") });
    const headers = this.headers(body, randomUUID());
    const proof = proofOf(headers["webhook-signature"] ?? "", bits);
    return this.ask("enroll", { method: "POST", body, headers: { ...headers, "nexus-proof": proof } });
  }

  /**
   * Sends a batch. `part` overrides headers; `wire`: the bytes to send, if they differ from the
   * signed body.
   */
  send(body: string, part: Readonly<Record<string, string>> = {}, wire: string | Buffer = body): Promise<HttpResponse> {
    const id = /"batch_id":"([^"]+)"/.exec(body)?.[1] ?? "none";
    return this.ask("events", { method: "POST", body: wire, headers: { ...this.headers(body, id), ...part } });
  }

  /** Sends batches with `inFlight` concurrent requests. @throws Error if one is not accepted. */
  async sendAll(bodies: readonly string[], inFlight: number): Promise<void> {
    const remaining = bodies.values();
    const sendRemaining = async () => {
      for (const body of remaining) {
        const { status } = await this.send(body);
        if (status !== 200) throw new Error(`batch not accepted: HTTP ${status}`);
      }
    };
    await Promise.all(Array.from({ length: inFlight }, sendRemaining));
  }

  /** Requests the erasure. Returns 202, or 200 with the receipt. */
  requestErasure(): Promise<HttpResponse> {
    const body = JSON.stringify({ anon_user_id: this.id });
    return this.ask(`users/${this.id}`, { method: "DELETE", body, headers: this.headers(body, randomUUID()) });
  }

  erasureStatus(): Promise<HttpResponse> {
    return this.ask(`users/${this.id}/erasure`, { headers: this.headers("", randomUUID()) });
  }

  /** Requests the erasure and polls until the status is not 202. */
  async erase(): Promise<HttpResponse> {
    for (let response = await this.requestErasure(); ; response = await this.erasureStatus()) {
      if (response.status !== 202) return response;
      await sleep(50);
    }
  }
}

/**
 * Finds a nonce whose SHA-256 starts with `bits` zero bits (`docs/reference/wire-protocol.md`,
 * "Proof of work").
 */
function proofOf(signature: string, bits: number): string {
  for (let n = 0; ; n += 1) {
    const first = hash("sha256", `${signature}:${n.toString(36)}`, "buffer").readUInt32BE(0);
    if (first >>> (32 - bits) === 0) return n.toString(36);
  }
}

/** Verifies a receipt and returns its content. @throws Error if the signature is invalid. */
export function receiptIn(text: string, keys: string): Readonly<Record<string, unknown>> {
  const { receipt, key_id, signature } = JSON.parse(text);
  const key = JSON.parse(keys).keys.find((candidate: { key_id: string }) => candidate.key_id === key_id);
  const prefix = Buffer.from("302a300506032b6570032100", "hex");
  const der = Buffer.concat([prefix, Buffer.from(key.public_key, "base64")]);
  const isValid = verify(
    null,
    Buffer.from(receipt),
    createPublicKey({ key: der, format: "der", type: "spki" }),
    Buffer.from(signature, "base64"),
  );
  if (!isValid) throw new Error("invalid receipt signature");
  return JSON.parse(receipt);
}

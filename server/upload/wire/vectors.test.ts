/**
 * Checks the vectors of `docs/reference/wire-protocol.md` with our code and with `node:crypto`
 * directly.
 */
import { createHash, createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "../../../scripts/generate/generate.ts";
import { Salt } from "../../privacy/identity.ts";
import { batchIdOf } from "./batch.ts";
import { verifyReceipt } from "./receipt.ts";
import { signatureHeaders } from "./signature.ts";

const text = readFileSync(join(root, "docs", "reference", "wire-protocol.md"), "utf8");
const vectors = JSON.parse(/```json\n(\{\n {2}"anon_user_id"[\s\S]*?)```/.exec(text)?.[1] ?? "{}");

describe("test vectors of the wire protocol", () => {
  it("derives the batch ID as a UUIDv8 of the digest", () => {
    const { anon_user_id: user, first_key: first, last_key: last, batch_id: id } = vectors;
    expect(batchIdOf(user, [first, 500, last], 0)).toBe(id);
    // Keys count from the start of the pseudonym.
    expect(batchIdOf(user, [first + 7, last + 7], 7)).toBe(id);
    const hex = createHash("sha256").update(`${user} ${first} ${last}`).digest("hex");
    expect(id.replaceAll("-", "").slice(0, 12)).toBe(hex.slice(0, 12));
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it("hashes the session ID with the salt (SHA-256)", () => {
    const { anon_salt: salt, session_id: session, anon_session_id: anonymous } = vectors;
    expect(Salt.from(salt)?.anonSessionId(session)).toBe(anonymous);
    expect(
      createHash("sha256")
        .update(salt + session)
        .digest("hex"),
    ).toBe(anonymous);
  });

  it("signs ID, timestamp and body with HMAC", () => {
    const { secret_hex: secret, timestamp_ms: ms, body, webhook_signature: signature } = vectors;
    expect(signatureHeaders("b", ms, Buffer.from(body), secret)["webhook-signature"]).toBe(signature);
    const mac = createHmac("sha256", Buffer.from(secret, "hex")).update(`b.${Math.floor(ms / 1000)}.${body}`);
    expect(`v1,${mac.digest("base64")}`).toBe(signature);
  });

  it("verifies the receipt with the key of RFC 8032, but not with one byte changed", () => {
    const { receipt, public_key: key, signature } = vectors;
    expect(Buffer.from(key, "base64").toString("hex")).toBe(
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    );
    expect(verifyReceipt({ receipt, key_id: "k", signature }, key)).toMatchObject({ accepted: 1 });
    expect(
      verifyReceipt({ receipt: receipt.replace('"accepted":1', '"accepted":2'), key_id: "k", signature }, key),
    ).toBeUndefined();
  });
});

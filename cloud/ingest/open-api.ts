/** The interface in OpenAPI 3.1, its bodies from the shared schemas. */
import { uploadSchemas } from "../../shared/upload-schemas.ts";

const signed = [
  ["webhook-id", "The batch's id, or a random UUID."],
  ["webhook-timestamp", "Seconds since 1970; at most five minutes off."],
  ["webhook-signature", "v1, and the base64 of HMAC-SHA-256 over id.timestamp.body."],
].map(([name, description]) => ({ name, in: "header", required: true, description, schema: { type: "string" } }));

const receipt = {
  type: "object",
  required: ["receipt", "key_id", "signature"],
  properties: {
    receipt: { type: "string", description: "JSON; signed byte for byte." },
    key_id: { type: "string" },
    signature: { type: "string", description: "Ed25519, base64." },
  },
};
const error = { type: "object", required: ["error"], properties: { error: { type: "string" } } };
const content = (schema: object) => ({ "application/json": { schema } });
const answers = (ok: object, ...others: readonly (readonly [number, string])[]) => ({
  200: { description: "Done.", content: content(ok) },
  ...Object.fromEntries(others.map(([status, description]) => [status, { description, content: content(error) }])),
});
const malformed = [400, "Malformed; never worth repeating."] as const;
const refused = [401, "The signature does not hold, the clock is off (clock_skew), or nothing is enrolled."] as const;
const erased = [410, "This pseudonym was erased."] as const;
const busy = [503, "The warehouse is behind: wait as Retry-After says."] as const;
const tooMany = [429, "Too many requests: wait as Retry-After says."] as const;
const enrolled = { type: "object", properties: { enrolled: { const: true } } };
const enrolment = {
  type: "object",
  additionalProperties: false,
  required: ["anon_user_id", "secret"],
  properties: {
    anon_user_id: { type: "string", format: "uuid" },
    secret: { type: "string", description: "Base64 of 32 bytes." },
  },
};

export function openApi(): object {
  const schemas = Object.fromEntries(
    [...uploadSchemas()]
      .filter(([name]) => name.includes("batch"))
      .map(([name, text]) => {
        const key = name.replace(".schema.json", "");
        const { $schema: _, ...schema } = JSON.parse(
          text.replaceAll('"#/$defs/', `"#/components/schemas/${key}/$defs/`),
        );
        return [key, schema];
      }),
  );
  const batch = { oneOf: Object.keys(schemas).map((name) => ({ $ref: `#/components/schemas/${name}` })) };
  return {
    openapi: "3.1.0",
    info: { title: "Nexus Telemetry, ingest", version: "1", license: { name: "MIT" } },
    components: { schemas },
    paths: {
      "/v1/telemetry/events": {
        post: {
          summary: "A batch",
          parameters: signed,
          requestBody: { required: true, content: content(batch) },
          responses: answers(
            receipt,
            malformed,
            refused,
            [403, "The bearer token is not known."],
            erased,
            [413, "Too large: send half."],
            [415, "A packing that is not known; accept-encoding of any answer says which are."],
            [422, "A schema version that is not known, or another batch under the same id."],
            tooMany,
            busy,
          ),
        },
      },
      "/v1/telemetry/users/{anon_user_id}": {
        delete: {
          summary: "Remote erasure",
          parameters: [
            ...signed,
            { name: "anon_user_id", in: "path", required: true, schema: { type: "string", format: "uuid" } },
          ],
          responses: answers(receipt, malformed, refused, busy),
        },
      },
      "/v1/telemetry/enroll": {
        post: {
          summary: "Binds a secret at first use",
          requestBody: { required: true, content: content(enrolment) },
          responses: answers(enrolled, malformed, [409, "Another secret is bound."], erased, tooMany),
        },
      },
      "/v1/telemetry/rotate": {
        post: {
          summary: "Replaces the secret, signed with the one before",
          parameters: signed,
          requestBody: { required: true, content: content(enrolment) },
          responses: answers(enrolled, malformed, refused),
        },
      },
      "/v1/telemetry/keys": {
        get: { summary: "Keys for receipts, the newest first", responses: answers({ type: "object" }) },
      },
      "/v1/telemetry/schema": {
        get: { summary: "The schemas of batches and events", responses: answers({ type: "object" }) },
      },
      "/healthz": { get: { summary: "Whether it lives", responses: answers({ type: "object" }) } },
      "/readyz": { get: { summary: "Whether it takes batches", responses: answers({ type: "object" }, busy) } },
      "/metrics": { get: { summary: "For Prometheus", responses: { 200: { description: "Metrics as text." } } } },
    },
  };
}

/**
 * The OpenAPI 3.1 description of the API: every route with its bodies, headers and statuses.
 * Schemathesis tests the server against it (`open-api.test.ts`).
 */

import { uploadSchemas } from "../../shared/schema/upload-schemas.ts";
import { uuidSource } from "../../shared/schema/uuid-pattern.ts";

type Schema = Readonly<Record<string, unknown>>;

const anonUserId: Schema = {
  type: "string",
  pattern: `^${uuidSource(4)}$`,
  description: "Pseudonym: a random UUID (version 4) in lower case.",
};
const secret: Schema = {
  type: "string",
  pattern: "^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$",
  description: "32 random bytes, Base64.",
};

const header = (name: string, description: string, schema: Schema): Schema => ({
  name,
  in: "header",
  required: true,
  description,
  schema: { type: "string", ...schema },
});

const signed: readonly Schema[] = [
  header("webhook-id", "Batch ID, or a random UUID.", { pattern: "^[0-9a-f-]{1,64}$" }),
  header("webhook-timestamp", "Signing time in seconds since 1970. Maximum clock difference: 5 minutes.", {
    pattern: "^[0-9]{1,12}$",
  }),
  header("webhook-signature", "Base64 of the HMAC-SHA-256 of id.timestamp.body under the secret.", {
    pattern: "^v1,[A-Za-z0-9+/]{43}=$",
  }),
];

const proof: Schema = {
  name: "nexus-proof",
  in: "header",
  required: false,
  description: "Nonce: SHA-256 of webhook-signature, a colon and the nonce must start with nexus-proof-bits zero bits.",
  schema: { type: "string" },
};

const json = (schema: Schema): Schema => ({ "application/json": { schema } });
const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
const seconds: Schema = { schema: { type: "integer", minimum: 0 }, description: "Seconds to wait." };

interface ApiResponse {
  readonly status: number;
  readonly description: string;
  readonly schema: Schema;
  readonly headers?: Readonly<Record<string, Schema>>;
}

const refusal = (status: number, errors: readonly string[], description: string): ApiResponse => ({
  status,
  description,
  schema: {
    type: "object",
    required: ["error"],
    additionalProperties: false,
    properties: { error: { enum: errors } },
  },
  ...(status === 429 || status === 503 || status === 425 ? { headers: { "retry-after": seconds } } : {}),
});

const ok = (schema: Schema, description = "Done."): ApiResponse => ({ status: 200, description, schema });

/** Responses of every route. */
const always: readonly ApiResponse[] = [
  refusal(403, ["origin", "token"], "Request from a browser page, or unknown bearer token."),
];
const malformed = refusal(400, ["malformed", "cannot_unpack"], "Malformed request. Do not retry.");
const notKnown = refusal(
  401,
  ["not_enrolled", "clock_skew", "signature", "token"],
  "Unknown signature (enrol again), wrong clock (see the date header), or missing bearer token.",
);
const erased = refusal(410, ["erased"], "The pseudonym was erased.");
const tooLarge = refusal(413, ["too_large"], "Request body too large. Split the batch.");
const packing = refusal(415, ["cannot_unpack"], "Unsupported content-encoding. See accept-encoding in the response.");
const tooMany = refusal(
  429,
  ["too_many", "not_enrolled"],
  "Too many requests. Retry after retry-after. not_enrolled: as 401, while unknown clients are rate-limited.",
);
const unavailable = refusal(503, ["unavailable", "busy"], "Overloaded or unavailable. Retry after retry-after.");
const signedAnswers: readonly ApiResponse[] = [malformed, notKnown, tooLarge, packing, tooMany, unavailable, ...always];

const answers = (...all: readonly ApiResponse[]): Schema =>
  Object.fromEntries(
    all.map(({ status, description, schema, headers }) => [
      String(status),
      { description, content: json(schema), ...(headers === undefined ? {} : { headers }) },
    ]),
  );

const waiting: ApiResponse = {
  status: 202,
  description: "Erasure pending. Poll the status URL for the receipt.",
  schema: {
    type: "object",
    required: ["erasure", "status"],
    properties: { erasure: { const: "waiting" }, status: { type: "string" } },
  },
  headers: { location: { schema: { type: "string" } }, "retry-after": seconds },
};

const userInPath: Schema = { name: "anon_user_id", in: "path", required: true, schema: anonUserId };

const body = (schema: Schema): Schema => ({ required: true, content: json(schema) });

function schemas(): Readonly<Record<string, Schema>> {
  const batches = [...uploadSchemas()]
    .filter(([name]) => name.includes("batch"))
    .map(([name, text]): [string, Schema] => {
      const key = name.replace(".schema.json", "");
      const { $schema: _, ...schema } = JSON.parse(text.replaceAll('"#/$defs/', `"#/components/schemas/${key}/$defs/`));
      return [key, schema];
    });
  const receipt: Schema = {
    type: "object",
    required: ["receipt", "key_id", "signature"],
    additionalProperties: false,
    properties: {
      receipt: { type: "string", description: "JSON text. The signature covers its exact bytes." },
      key_id: { type: "string", pattern: "^[A-Za-z0-9_-]{1,64}$" },
      signature: { type: "string", pattern: "^[A-Za-z0-9+/]{86}==$", description: "Ed25519, Base64." },
    },
  };
  const enrolment: Schema = {
    type: "object",
    required: ["anon_user_id", "secret"],
    additionalProperties: false,
    properties: { anon_user_id: anonUserId, secret },
  };
  const erasure: Schema = {
    type: "object",
    required: ["anon_user_id"],
    additionalProperties: false,
    properties: { anon_user_id: anonUserId },
  };
  const enrolled: Schema = { type: "object", required: ["enrolled"], properties: { enrolled: { const: true } } };
  const key: Schema = {
    type: "object",
    required: ["key_id", "public_key"],
    properties: {
      key_id: { type: "string" },
      public_key: { type: "string", pattern: "^[A-Za-z0-9+/]{43}=$" },
      signed_by: {
        type: "object",
        required: ["key_id", "signature"],
        properties: { key_id: { type: "string" }, signature: { type: "string" } },
      },
    },
  };
  const keys: Schema = { type: "object", required: ["keys"], properties: { keys: { type: "array", items: key } } };
  return { ...Object.fromEntries(batches), receipt, enrolment, erasure, enrolled, keys };
}

export function openApi(): Schema {
  const components = schemas();
  const batch = {
    oneOf: Object.keys(components)
      .filter((name) => name.includes("batch"))
      .map(ref),
  };
  return {
    openapi: "3.1.0",
    info: { title: "Nexus Telemetry ingest API", version: "1", license: { name: "MIT" } },
    components: { schemas: components },
    paths: {
      "/v1/telemetry/events": {
        post: {
          summary: "Send a batch",
          parameters: signed,
          requestBody: body(batch),
          responses: answers(
            ok(ref("receipt"), "Signed receipt; the same one if the batch is repeated."),
            erased,
            refusal(
              422,
              ["unknown_schema_version", "other_bytes"],
              "Unknown schema version, or a different batch with this ID.",
            ),
            refusal(
              425,
              ["clock_ahead"],
              "generated_at is more than one hour ahead of the server's clock. Retry later without changes.",
            ),
            ...signedAnswers,
          ),
        },
      },
      "/v1/telemetry/users/{anon_user_id}": {
        delete: {
          summary: "Request the erasure of a pseudonym",
          parameters: [userInPath, ...signed],
          requestBody: body(ref("erasure")),
          responses: answers(ok(ref("receipt"), "Erased. Signed receipt."), waiting, ...signedAnswers),
        },
      },
      "/v1/telemetry/users/{anon_user_id}/erasure": {
        get: {
          summary: "Get the receipt of an erasure",
          parameters: [userInPath, ...signed],
          responses: answers(
            ok(ref("receipt"), "Erased. Signed receipt."),
            waiting,
            refusal(404, ["no_erasure"], "No erasure was requested."),
            ...signedAnswers,
          ),
        },
      },
      "/v1/telemetry/enroll": {
        post: {
          summary: "Enrol a pseudonym with a secret",
          // The signature is only checked together with a proof of work.
          parameters: [...signed.map((header) => ({ ...header, required: false, schema: { type: "string" } })), proof],
          requestBody: body(ref("enrolment")),
          responses: answers(
            ok(ref("enrolled")),
            malformed,
            refusal(401, ["token"], "Missing bearer token."),
            refusal(409, ["enrolled_otherwise"], "The pseudonym is enrolled with a different secret."),
            erased,
            tooLarge,
            packing,
            {
              ...refusal(
                429,
                ["proof_required", "too_many"],
                "Send a proof of work of nexus-proof-bits, or retry after retry-after.",
              ),
              headers: { "retry-after": seconds, "nexus-proof-bits": { schema: { type: "integer" } } },
            },
            unavailable,
            ...always,
          ),
        },
      },
      "/v1/telemetry/rotate": {
        post: {
          summary: "Replace the secret (signed with the current one)",
          parameters: signed,
          requestBody: body(ref("enrolment")),
          responses: answers(ok(ref("enrolled")), erased, ...signedAnswers),
        },
      },
      "/v1/telemetry/keys": {
        get: { summary: "Get the receipt keys, newest first", responses: answers(ok(ref("keys")), ...always) },
      },
      "/v1/telemetry/schema": {
        get: {
          summary: "Get the JSON schemas of batches and events",
          responses: answers(ok({ type: "object" }), ...always),
        },
      },
      "/healthz": {
        get: { summary: "Check that the server is alive", responses: answers(ok({ type: "object" }), ...always) },
      },
      "/readyz": {
        get: {
          summary: "Check that the server accepts batches",
          responses: answers(
            ok({ type: "object", properties: { ready: { const: true } } }),
            {
              status: 503,
              description: "Not ready.",
              schema: { type: "object", properties: { ready: { const: false } } },
            },
            ...always,
          ),
        },
      },
      "/openapi.json": {
        get: { summary: "Get this document", responses: answers(ok({ type: "object" }), ...always) },
      },
    },
  };
}

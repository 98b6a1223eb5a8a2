/** The interface in OpenAPI 3.1: every route with its bodies, headers and statuses. Held against the server by Schemathesis (`open-api.test.ts`). */
import { uploadSchemas } from "../../shared/schema/upload-schemas.ts";

type Schema = Readonly<Record<string, unknown>>;

const uuidPattern = (version: string): string =>
  `^[0-9a-f]{8}-[0-9a-f]{4}-${version}[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`;

const anonUserId: Schema = {
  type: "string",
  pattern: uuidPattern("4"),
  description: "The pseudonym: a random UUID (version 4), in lower case.",
};
const secret: Schema = {
  type: "string",
  pattern: "^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$",
  description: "32 random bytes in base64.",
};

const header = (name: string, description: string, schema: Schema): Schema => ({
  name,
  in: "header",
  required: true,
  description,
  schema: { type: "string", ...schema },
});

const signed: readonly Schema[] = [
  header("webhook-id", "The batch's ID, or a random UUID.", { pattern: "^[0-9a-f-]{1,64}$" }),
  header("webhook-timestamp", "Seconds since 1970 when the request was signed; at most five minutes off.", {
    pattern: "^[0-9]{1,12}$",
  }),
  header("webhook-signature", "Base64 of HMAC-SHA-256 over id.timestamp.body with the secret.", {
    pattern: "^v1,[A-Za-z0-9+/]{43}=$",
  }),
];

const proof: Schema = {
  name: "nexus-proof",
  in: "header",
  required: false,
  description:
    "A nonce for which SHA-256 of webhook-signature, a colon and the nonce begins with nexus-proof-bits zero bits.",
  schema: { type: "string" },
};

const json = (schema: Schema): Schema => ({ "application/json": { schema } });
const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
const seconds: Schema = { schema: { type: "integer", minimum: 0 }, description: "Seconds to wait." };

interface Answer {
  readonly status: number;
  readonly description: string;
  readonly schema: Schema;
  readonly headers?: Readonly<Record<string, Schema>>;
}

const refusal = (status: number, errors: readonly string[], description: string): Answer => ({
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

const ok = (schema: Schema, description = "Done."): Answer => ({ status: 200, description, schema });

/** What any route may answer. */
const always: readonly Answer[] = [
  refusal(403, ["origin", "token"], "A page in a browser asked, or the bearer token is not known."),
];
const malformed = refusal(400, ["malformed", "cannot_unpack"], "Malformed; never worth repeating.");
const notKnown = refusal(
  401,
  ["not_enrolled", "clock_skew", "signature", "token"],
  "No enrolled secret made this signature (enrol it once more), the clock is off (see date), or a bearer token is missing.",
);
const erased = refusal(410, ["erased"], "This pseudonym was erased.");
const tooLarge = refusal(413, ["too_large"], "Too large: send half.");
const packing = refusal(
  415,
  ["cannot_unpack"],
  "An encoding that is not known; accept-encoding of an answer names those that are.",
);
const tooMany = refusal(
  429,
  ["too_many", "not_enrolled"],
  "Too many requests: wait as retry-after says. not_enrolled: as 401, while many unknown clients ask.",
);
const unavailable = refusal(503, ["unavailable", "busy"], "Not now: wait as retry-after says.");
const signedAnswers: readonly Answer[] = [malformed, notKnown, tooLarge, packing, tooMany, unavailable, ...always];

const answers = (...all: readonly Answer[]): Schema =>
  Object.fromEntries(
    all.map(({ status, description, schema, headers }) => [
      String(status),
      { description, content: json(schema), ...(headers === undefined ? {} : { headers }) },
    ]),
  );

const waiting: Answer = {
  status: 202,
  description: "Accepted: the receipt follows at the status address.",
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
      receipt: { type: "string", description: "JSON; signed byte for byte." },
      key_id: { type: "string", pattern: "^[A-Za-z0-9_-]{1,64}$" },
      signature: { type: "string", pattern: "^[A-Za-z0-9+/]{86}==$", description: "Ed25519, base64." },
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
    info: { title: "Nexus Telemetry, ingest", version: "1", license: { name: "MIT" } },
    components: { schemas: components },
    paths: {
      "/v1/telemetry/events": {
        post: {
          summary: "Send a batch",
          parameters: signed,
          requestBody: body(batch),
          responses: answers(
            ok(ref("receipt"), "Accepted, or accepted before: a signed receipt."),
            erased,
            refusal(
              422,
              ["unknown_schema_version", "other_bytes"],
              "An unknown schema version, or another batch under this ID.",
            ),
            refusal(
              425,
              ["clock_ahead"],
              "The batch was made more than an hour ahead of this server's clock: later, as it is.",
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
          responses: answers(ok(ref("receipt"), "Erased: a signed receipt."), waiting, ...signedAnswers),
        },
      },
      "/v1/telemetry/users/{anon_user_id}/erasure": {
        get: {
          summary: "Ask for the receipt of an erasure",
          parameters: [userInPath, ...signed],
          responses: answers(
            ok(ref("receipt"), "Erased: a signed receipt."),
            waiting,
            refusal(404, ["no_erasure"], "No erasure was requested."),
            ...signedAnswers,
          ),
        },
      },
      "/v1/telemetry/enroll": {
        post: {
          summary: "Bind a secret at first use",
          // Looked at with a proof of work only.
          parameters: [...signed.map((one) => ({ ...one, required: false, schema: { type: "string" } })), proof],
          requestBody: body(ref("enrolment")),
          responses: answers(
            ok(ref("enrolled")),
            malformed,
            refusal(401, ["token"], "A bearer token is missing."),
            refusal(409, ["enrolled_otherwise"], "Another secret is bound."),
            erased,
            tooLarge,
            packing,
            {
              ...refusal(429, ["proof_required", "too_many"], "Send a proof of work of nexus-proof-bits, or wait."),
              headers: { "retry-after": seconds, "nexus-proof-bits": { schema: { type: "integer" } } },
            },
            unavailable,
            ...always,
          ),
        },
      },
      "/v1/telemetry/rotate": {
        post: {
          summary: "Replace the secret, signed with the one before",
          parameters: signed,
          requestBody: body(ref("enrolment")),
          responses: answers(ok(ref("enrolled")), erased, ...signedAnswers),
        },
      },
      "/v1/telemetry/keys": {
        get: { summary: "Keys for receipts, the newest first", responses: answers(ok(ref("keys")), ...always) },
      },
      "/v1/telemetry/schema": {
        get: { summary: "The schemas of batches and events", responses: answers(ok({ type: "object" }), ...always) },
      },
      "/healthz": { get: { summary: "Whether it lives", responses: answers(ok({ type: "object" }), ...always) } },
      "/readyz": {
        get: {
          summary: "Whether it takes batches",
          responses: answers(
            ok({ type: "object", properties: { ready: { const: true } } }),
            {
              status: 503,
              description: "Not now.",
              schema: { type: "object", properties: { ready: { const: false } } },
            },
            ...always,
          ),
        },
      },
      "/openapi.json": {
        get: { summary: "This document", responses: answers(ok({ type: "object" }), ...always) },
      },
    },
  };
}

/**
 * The operator's commands besides `serve` and `doctor`: create tables, replay the log, rotate
 * receipt keys.
 */
import * as z from "zod";
import { Analytics, type Answer, type QuestionKind } from "./analytics/analytics.ts";
import type { ApiKey } from "./analytics/api/api-keys.ts";
import { QuestionError } from "./analytics/relation.ts";
import type { Config } from "./config.ts";
import { LockedError } from "./lock.ts";
import { openLog } from "./log/open-log.ts";
import { logEvent } from "./logger.ts";
import { readOperatorFile } from "./operator-file.ts";
import { Pipeline } from "./pipeline/pipeline.ts";
import { openStores, type Stores } from "./stores.ts";
import { tables } from "./warehouse/schema.ts";

const rotation = z.object({ key_id: z.string() });
const createdKey = z.object({ id: z.string(), key: z.string() });
const revocation = z.object({ revoked: z.boolean() });
const refusal = z.object({ message: z.string() });
const apiKeyList = z.array(
  z.object({ id: z.string(), name: z.string(), createdMs: z.number(), revokedMs: z.number().nullable() }),
);

/** @throws LockedError; the stores' errors. */
async function withStores<T>(config: Config, work: (stores: Stores) => Promise<T>): Promise<T> {
  const stores = await openStores(config);
  try {
    return await work(stores);
  } finally {
    await stores.close();
  }
}

export const migrate = (config: Config): Promise<string> =>
  withStores(config, () =>
    Promise.resolve(`Tables are up to date: ${tables.map(({ name }) => name).join(", ")}, daily, monthly.`),
  );

/**
 * Inserts what is in the log, except events of erased pseudonyms. Returns a message for the
 * operator.
 */
export function replay(config: Config): Promise<string> {
  return withStores(config, async ({ warehouse, aggregates, registry }) => {
    const log = await openLog(config);
    let rows = 0;
    const pipeline = new Pipeline(log, warehouse, aggregates, {
      data: config.data,
      insertRows: config.insert_rows,
      insertMs: config.insert_ms,
      minUsers: config.least_users,
      erasedAmong: (ids) => registry.erasedAmong(ids),
      now: Date.now,
      inserted: (count) => {
        rows += count;
      },
      failed: (error) => logEvent({ event: "insert_failed", error }),
    });
    await pipeline.drain();
    await log.close();
    return `Inserted ${rows} rows; the log is empty.`;
  });
}

/**
 * Runs `work` with the stores; if a running server has locked the folder, sends it the request
 * instead. A request without a body is a GET.
 * @throws Error if the running server refuses; the stores' errors.
 */
async function locallyOrRemotely<T>(
  config: Config,
  work: (stores: Stores) => Promise<T>,
  { path, body }: { readonly path: string; readonly body?: object },
  result: z.ZodType<T>,
): Promise<T> {
  try {
    return await withStores(config, work);
  } catch (error) {
    if (!(error instanceof LockedError)) throw error;
    const running = readOperatorFile(config.data);
    if (running === undefined) throw error;
    const response = await fetch(`${running.url}${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { authorization: `Bearer ${running.token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer: unknown = await response.json();
    const refused = refusal.safeParse(answer);
    if (response.status === 400 && refused.success) throw new QuestionError(refused.data.message);
    if (!response.ok) throw new Error(`The running server refused (HTTP ${response.status}). See its log.`);
    return result.parse(answer);
  }
}

/** Creates a new receipt key. Returns its ID. @throws as `locallyOrRemotely`. */
export async function keyRotated(config: Config): Promise<string> {
  const work = async ({ registry }: Stores) => ({ key_id: await registry.rotateKey() });
  return (await locallyOrRemotely(config, work, { path: "/keys/rotate", body: {} }, rotation)).key_id;
}

/** Answers a question of the operator. @throws QuestionError; as `locallyOrRemotely`. */
export function answerQuestion(config: Config, kind: QuestionKind, question: object): Promise<Answer> {
  const options = { minUsers: config.min_group_users, now: Date.now, dataVersion: () => 0 };
  const work = ({ warehouse }: Stores) => new Analytics(warehouse, options).answer(kind, question);
  // The answer is that of the same function in the server.
  const isAnswer = z.custom<Answer>((value) => typeof value === "object" && value !== null);
  return locallyOrRemotely(config, work, { path: `/v1/analytics/${kind}`, body: question }, isAnswer);
}

/** Creates a key of the query API. @throws as `locallyOrRemotely`. */
export const createApiKey = (config: Config, name: string): Promise<z.infer<typeof createdKey>> =>
  locallyOrRemotely(
    config,
    ({ apiKeys }) => apiKeys.create(name, Date.now()),
    { path: "/api-keys", body: { name } },
    createdKey,
  );

/** @throws as `locallyOrRemotely`. */
export const listApiKeys = (config: Config): Promise<readonly ApiKey[]> =>
  locallyOrRemotely(config, ({ apiKeys }) => apiKeys.list(), { path: "/api-keys" }, apiKeyList);

/** Returns whether there was such a key. @throws as `locallyOrRemotely`. */
export async function revokeApiKey(config: Config, id: string): Promise<boolean> {
  const work = async ({ apiKeys }: Stores) => ({ revoked: await apiKeys.revoke(id, Date.now()) });
  return (await locallyOrRemotely(config, work, { path: "/api-keys/revoke", body: { id } }, revocation)).revoked;
}

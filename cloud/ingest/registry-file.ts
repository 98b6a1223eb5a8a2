/** Imports the registry file of version 0.8 (JSON lines) into the table, then deletes the file. */
import { createReadStream, existsSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import * as z from "zod";
import type { Postgres, Statement } from "../aggregates/postgres.ts";
import { syncFolder } from "../atomic-file.ts";
import { erasedUserDigest } from "./installation.ts";
import { encryptSecret } from "./sealed-secret.ts";

const lineSchema = z.union([
  z.object({ enroll: z.string(), secret: z.base64() }),
  z.object({ erased: z.string(), at: z.int(), count: z.int() }),
  z.object({ erase: z.string() }),
  z.object({ key: z.string(), pkcs8: z.base64() }),
]);
type Line = z.infer<typeof lineSchema>;

const maxEnrolmentsPerStatement = 5_000;

/** Version 0.8 did not store the enrolment time: its installations count as established. */
const enrolStatement = `INSERT INTO installations (digest, sealed_secret, enrolled_ms, active_days, active_day)
  SELECT digest, sealed_secret, 0, 3, DATE '1970-01-01'
  FROM jsonb_to_recordset($1::jsonb) AS g(digest text, sealed_secret text)
  ON CONFLICT (digest) DO UPDATE SET sealed_secret = excluded.sealed_secret`;

function enrolments(secrets: ReadonlyMap<string, string>): Statement {
  const rows = [...secrets].map(([id, secret]) => ({
    digest: erasedUserDigest(id),
    sealed_secret: encryptSecret(id, Buffer.from(secret, "base64")),
  }));
  return { sql: enrolStatement, params: [JSON.stringify(rows)] };
}

function statementOf(line: Exclude<Line, { readonly enroll: string }>): Statement {
  if ("erase" in line) {
    return {
      sql: "UPDATE installations SET requested_ms = 0 WHERE digest = $1",
      params: [erasedUserDigest(line.erase)],
    };
  }
  if ("erased" in line) {
    return {
      sql: `INSERT INTO installations (digest, enrolled_ms, requested_ms, erased_ms, found_events)
            VALUES ($1, 0, $2::bigint, $2::bigint, $3::bigint) ON CONFLICT (digest) DO NOTHING`,
      params: [line.erased, line.at, line.count],
    };
  }
  return {
    sql: `INSERT INTO receipt_keys (n, id, pkcs8) SELECT count(*) + 1, $1, $2 FROM receipt_keys ON CONFLICT (id) DO NOTHING`,
    params: [line.key, line.pkcs8],
  };
}

/**
 * Imports the file, again after a crash. A torn last line is ignored: its request was never
 * answered.
 * @throws the file system's and the database's error; Error if another line is damaged.
 */
export async function importRegistryFile(postgres: Postgres, path: string): Promise<void> {
  if (!existsSync(path)) return;
  let secrets = new Map<string, string>();
  const write = async (...others: readonly Statement[]) => {
    const statements = [...(secrets.size > 0 ? [enrolments(secrets)] : []), ...others];
    secrets = new Map();
    if (statements.length > 0) await postgres.transaction(statements);
  };
  let [number, isDamaged] = [0, false];
  const lines = createInterface({ input: createReadStream(path, "utf8"), crlfDelay: Number.POSITIVE_INFINITY });
  for await (const text of lines) {
    number += 1;
    if (text === "") continue;
    // Only the last line may be torn.
    if (isDamaged)
      throw new Error(`${path}: line ${number - 1} is damaged. Restore the file from a backup. It was not deleted.`);
    const line = lineOf(text);
    if (line === undefined) isDamaged = true;
    else if (!("enroll" in line)) await write(statementOf(line));
    else {
      secrets.set(line.enroll, line.secret);
      if (secrets.size >= maxEnrolmentsPerStatement) await write();
    }
  }
  await write();
  rmSync(path);
  await syncFolder(dirname(path));
}

function lineOf(text: string): Line | undefined {
  try {
    return lineSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/**
 * A server in this process with a temporary data folder, closed with the test file or with one
 * test.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, onTestFinished } from "vitest";
import { configFrom } from "../config.ts";
import { CloudServer } from "../server.ts";

/** Makes all enrolled users count for k-anonymity. */
export async function establish({ aggregates }: CloudServer): Promise<void> {
  await aggregates.query("UPDATE installations SET enrolled_ms = 0, active_days = 3");
}

export interface TestServer {
  readonly data: string;
  readonly server: CloudServer;
  /** Closes the server early and keeps its data. */
  close(): Promise<void>;
  /** Returns the first number in the result of a statement. */
  count(sql: string): Promise<number>;
  /** Returns the server's files that contain the text. */
  filesWith(text: string | Buffer): readonly string[];
}

/** Returns a UUID in ClickHouse's storage format: two 8-byte integers, each little-endian. */
export function uuidBytes(id: string): Buffer {
  const bytes = Buffer.from(id.replaceAll("-", ""), "hex");
  return Buffer.concat([bytes.subarray(0, 8).reverse(), bytes.subarray(8).reverse()]);
}

/**
 * `scope`: closed with the file or the test. `folders`: additional data folders for `filesWith`.
 */
export async function startTestServer(
  env: Readonly<Record<string, string>> = {},
  scope: "file" | "test" = "file",
  folders: readonly string[] = [],
): Promise<TestServer> {
  const data = mkdtempSync(join(tmpdir(), "nexus-cloud-"));
  const config = configFrom({
    NEXUS_CLOUD_DATA: data,
    NEXUS_CLOUD_PORT: "0",
    NEXUS_CLOUD_LEAST_USERS: "1",
    NEXUS_CLOUD_REQUESTS_PER_MINUTE: "1000000",
    ...env,
  });
  const server = await CloudServer.start(config);
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= server.close();
    return closing;
  };
  const end = async () => {
    await close();
    rmSync(data, { recursive: true, force: true });
  };
  if (scope === "file") afterAll(end);
  else onTestFinished(end);
  return {
    data,
    server,
    close,
    count: async (sql) =>
      Number(Object.values((await server.warehouse.query<Record<string, unknown>>(sql))[0] ?? { n: 0 })[0]),
    filesWith: (text) =>
      [data, ...folders]
        .flatMap((folder) => readdirSync(folder, { withFileTypes: true, recursive: true }))
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .filter((path) => statSync(path).size > 0 && readFileSync(path).includes(text)),
  };
}

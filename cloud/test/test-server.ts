/** A server in this process, in a folder of its own, ended with the tests of its file, or with one of them. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, onTestFinished } from "vitest";
import { configFrom } from "../config.ts";
import { CloudServer } from "../server.ts";

/** Makes all who are enrolled old enough to count for k-anonymity, before they send. */
export async function establish({ aggregates }: CloudServer): Promise<void> {
  await aggregates.query("UPDATE installations SET enrolled_ms = 0, active_days = 3");
}

export interface TestServer {
  readonly data: string;
  readonly server: CloudServer;
  /** Ends it before its time; what it has stays. */
  close(): Promise<void>;
  /** The first number that a statement answers with. */
  count(sql: string): Promise<number>;
  /** The files of the server in which some text lies. */
  filesWith(text: string | Buffer): readonly string[];
}

/** A UUID as ClickHouse keeps it: two numbers of eight bytes, each with its lowest byte first. */
export function uuidBytes(id: string): Buffer {
  const bytes = Buffer.from(id.replaceAll("-", ""), "hex");
  return Buffer.concat([bytes.subarray(0, 8).reverse(), bytes.subarray(8).reverse()]);
}

/** `scope`: with what it ends. `folders`: where servers beside it keep what it gives them. */
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

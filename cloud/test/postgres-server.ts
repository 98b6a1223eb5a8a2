/** A real PostgreSQL server with a new cluster in a temporary folder on a free loopback port. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "./free-port.ts";

const debian = "/usr/lib/postgresql";

/** Returns the folder of PostgreSQL's programs; `undefined` if it is not installed. */
function programs(): string | undefined {
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  return versions.map((version) => join(debian, version, "bin")).find((folder) => existsSync(join(folder, "initdb")));
}

export const hasPostgres = (): boolean => programs() !== undefined;

/** PostgreSQL refuses to run as root, so it runs as the user of its package then. */
function user(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

export interface PostgresProcess {
  readonly url: string;
  readonly folder: string;
  stop(): Promise<void>;
}

/** Starts a server. @throws Error if PostgreSQL is not installed. */
export async function startPostgres(): Promise<PostgresProcess> {
  const bin = programs();
  if (bin === undefined) throw new Error("PostgreSQL is not installed; see the output of the set-up");
  const folder = mkdtempSync(join(tmpdir(), "nexus-postgres-"));
  const owner = user();
  if (owner.uid !== undefined && owner.gid !== undefined) chownSync(folder, owner.uid, owner.gid);
  const data = join(folder, "data");
  execFileSync(join(bin, "initdb"), ["-D", data, "-U", "nexus", "--auth=trust", "--no-sync"], {
    ...owner,
    cwd: folder,
    stdio: "ignore",
  });
  const [port = 0] = await freePorts(1);
  const flags = ["-D", data, "-p", String(port), "-h", "127.0.0.1", "-k", folder];
  const server = spawn(join(bin, "postgres"), flags, { ...owner, cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  let output = "";
  while (!output.includes("ready to accept connections")) output += (await once(server.stderr, "data"))[0];
  server.stderr.resume();
  return {
    url: `postgres://nexus@127.0.0.1:${port}/postgres`,
    folder,
    stop: async () => {
      const ended = once(server, "exit");
      server.kill("SIGINT");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

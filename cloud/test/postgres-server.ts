/** A real PostgreSQL server for a test: a cluster of its own in a folder of its own, on a free port of loopback. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "./free-port.ts";

const debian = "/usr/lib/postgresql";

/** The folder of its programs; `undefined` where there is none. */
function programs(): string | undefined {
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  return versions.map((version) => join(debian, version, "bin")).find((folder) => existsSync(join(folder, "initdb")));
}

export const hasPostgres = (): boolean => programs() !== undefined;

/** The server refuses to run as root: then it runs as the user that its package made. */
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

/** @throws where none is installed. */
export async function startPostgres(): Promise<PostgresProcess> {
  const bin = programs();
  if (bin === undefined) throw new Error("PostgreSQL is not installed; set-up says why");
  const folder = mkdtempSync(join(tmpdir(), "nexus-postgres-"));
  const as = user();
  if (as.uid !== undefined && as.gid !== undefined) chownSync(folder, as.uid, as.gid);
  const data = join(folder, "data");
  execFileSync(join(bin, "initdb"), ["-D", data, "-U", "nexus", "--auth=trust", "--no-sync"], {
    ...as,
    cwd: folder,
    stdio: "ignore",
  });
  const [port = 0] = await freePorts(1);
  const flags = ["-D", data, "-p", String(port), "-h", "127.0.0.1", "-k", folder];
  const server = spawn(join(bin, "postgres"), flags, { ...as, cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
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

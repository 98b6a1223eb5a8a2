/** One process at a time works in a folder: the embedded engines have no lock of their own, or one that tells little. */
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

export class LockedError extends Error {
  override readonly name = "LockedError";
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** When a process began, in ticks since the machine did: the next one of the same number began later. */
function startOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ")[19] ?? "";
  } catch {
    return "";
  }
}

/** @returns what gives it back. @throws LockedError while another process holds it. */
export function lockFolder(folder: string): () => void {
  const path = join(folder, "lock");
  for (let tries = 0; ; tries += 1) {
    try {
      const file = openSync(path, "wx", 0o600);
      writeSync(file, `${process.pid} ${startOf(process.pid)}`);
      closeSync(file);
      return () => rmSync(path, { force: true });
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
      const [pid = "", start = ""] = existsSync(path) ? readFileSync(path, "utf8").split(" ") : [];
      const held = isAlive(Number(pid)) && Number(pid) > 0 && startOf(Number(pid)) === start;
      if (held || tries > 3)
        throw new LockedError(`Process ${pid} works in ${folder}. End it first, or use another folder.`);
      rmSync(path, { force: true });
    }
  }
}

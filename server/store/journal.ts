/**
 * How a database keeps its journal. WAL needs memory that its processes share, which no network file system gives
 * (sqlite.org/wal.html): there the older journal is used, and writers wait for readers.
 */
import { statfsSync } from "node:fs";
import { dirname } from "node:path";

/** Magic numbers of network file systems (statfs(2)): NFS, SMB, CIFS, SMB2, AFS, Ceph, 9P (as WSL mounts Windows' disks). */
const network = new Set([0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x5346414f, 0x00c36400, 0x01021997]);

export type JournalMode = "WAL" | "TRUNCATE";

/** `type`: of the file system, as statfs tells it. */
export function journalFor(type: number): JournalMode {
  return network.has(type >>> 0) ? "TRUNCATE" : "WAL";
}

/** For the folder in which a database lies; WAL where the system cannot tell. */
export function journalAt(file: string): JournalMode {
  try {
    return journalFor(Number(statfsSync(dirname(file)).type));
  } catch {
    return "WAL";
  }
}

/**
 * How a database keeps its journal. WAL needs memory that its processes share, which no network file system gives
 * (sqlite.org/wal.html): there the older journal is used, and writers wait for readers.
 */
import { statfsSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Magic numbers of local file systems on Linux (statfs(2)): ext, XFS, Btrfs, ZFS, F2FS, tmpfs, ramfs, overlay, JFS, NILFS, bcachefs, and a
 * disk of an encrypting layer. What is on no list may be a network or a cluster: NFS, SMB, 9P, Lustre, GPFS, FUSE, shared folders of virtual machines.
 */
const local = new Set([
  ...[0xef53, 0x58465342, 0x9123683e, 0x2fc12fc1, 0xf2f52010, 0x01021994, 0x858458f6, 0x794c7630],
  ...[0x3153464a, 0x3434, 0xca451a4e, 0xf15f, 0x52654973],
]);

export type JournalMode = "WAL" | "TRUNCATE";

/** `type`: of the file system, as statfs of Linux gives it. */
export function journalFor(type: number): JournalMode {
  return local.has(type >>> 0) ? "WAL" : "TRUNCATE";
}

/** On Windows a path of the network begins with two backslashes; a drive letter may stand for one, which nothing here tells. */
const isNetworkPath = (file: string): boolean => /^\\\\/.test(file);

/** Local file systems of macOS, by the numbers that its statfs gives: HFS+, APFS. */
const localOnMac = new Set([0x11, 0x17, 0x18, 0x19, 0x1a]);

/** For the folder of a database. Where the system cannot tell, the mode that is safe everywhere. */
export function journalAt(file: string, platform: NodeJS.Platform = process.platform): JournalMode {
  if (platform === "win32") return isNetworkPath(file) ? "TRUNCATE" : "WAL";
  try {
    const type = Number(statfsSync(dirname(file)).type);
    return platform === "darwin" ? (localOnMac.has(type) ? "WAL" : "TRUNCATE") : journalFor(type);
  } catch {
    return "TRUNCATE";
  }
}

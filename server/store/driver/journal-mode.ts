/**
 * How a database keeps its journal. WAL needs memory that its processes share, which no network file system gives
 * (sqlite.org/wal.html): there the older journal is used, and writers wait for readers.
 */
import { statfsSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Local file systems of Linux, by their magic numbers (statfs(2), linux/magic.h). What is on no list may be a network or a cluster:
 * NFS, SMB, 9P, Lustre, GPFS, FUSE, shared folders of virtual machines.
 */
const local: ReadonlySet<number> = new Set([
  // ext2, ext3, ext4
  0xef53,
  // XFS
  0x58465342,
  // Btrfs
  0x9123683e,
  // ZFS
  0x2fc12fc1,
  // F2FS
  0xf2f52010,
  // bcachefs
  0xca451a4e,
  // JFS, NILFS, ReiserFS
  0x3153464a, 0x3434, 0x52654973,
  // tmpfs, ramfs
  0x01021994, 0x858458f6,
  // overlay, eCryptfs: over one of the others, as far as containers and homes go
  0x794c7630, 0xf15f,
]);

export type JournalMode = "WAL" | "TRUNCATE";

/** `type`: of the file system, as statfs of Linux gives it. */
export function journalModeFor(type: number): JournalMode {
  return local.has(type >>> 0) ? "WAL" : "TRUNCATE";
}

/** On Windows a path of the network begins with two backslashes; a drive letter may stand for one, which nothing here tells. */
const isNetworkPath = (file: string): boolean => /^\\\\/.test(file);

/** Local file systems of macOS, by the numbers that its statfs gives: HFS+, APFS. */
const localOnMac = new Set([0x11, 0x17, 0x18, 0x19, 0x1a]);

/** For the folder of a database. Where the system cannot tell, the mode that is safe everywhere. */
export function currentJournalMode(file: string, platform: NodeJS.Platform = process.platform): JournalMode {
  if (platform === "win32") return isNetworkPath(file) ? "TRUNCATE" : "WAL";
  try {
    const type = Number(statfsSync(dirname(file)).type);
    return platform === "darwin" ? (localOnMac.has(type) ? "WAL" : "TRUNCATE") : journalModeFor(type);
  } catch {
    return "TRUNCATE";
  }
}

/**
 * Chooses SQLite's journal mode. WAL needs shared memory, which network file systems do not support
 * (sqlite.org/wal.html); there the rollback journal is used, and writers wait for readers.
 */
import { statfsSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Magic numbers of local Linux file systems (statfs(2), linux/magic.h). All others may be remote:
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
  // overlay, eCryptfs: in containers and home folders, layered over a local file system
  0x794c7630, 0xf15f,
]);

export type JournalMode = "WAL" | "TRUNCATE";

/** `type`: file system type from Linux statfs, possibly negative (signed 32-bit). */
export function journalModeFor(type: number): JournalMode {
  return local.has(type >>> 0) ? "WAL" : "TRUNCATE";
}

/** Recognizes UNC paths; mapped network drives are not detected. */
const isNetworkPath = (file: string): boolean => /^\\\\/.test(file);

/** Types of local macOS file systems (HFS+, APFS) from statfs. */
const localOnMac = new Set([0x11, 0x17, 0x18, 0x19, 0x1a]);

/** Returns the mode for a database's folder; TRUNCATE, always safe, for unknown file systems. */
export function currentJournalMode(file: string, platform: NodeJS.Platform = process.platform): JournalMode {
  if (platform === "win32") return isNetworkPath(file) ? "TRUNCATE" : "WAL";
  try {
    const type = Number(statfsSync(dirname(file)).type);
    return platform === "darwin" ? (localOnMac.has(type) ? "WAL" : "TRUNCATE") : journalModeFor(type);
  } catch {
    return "TRUNCATE";
  }
}

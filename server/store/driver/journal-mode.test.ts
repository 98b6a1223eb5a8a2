import { join } from "node:path";
import { expect, it } from "vitest";
import { tempFolder } from "../../../test/fixtures/temp-folder.ts";
import { currentJournalMode, journalModeFor } from "./journal-mode.ts";

it("uses WAL only on local file systems on Linux", () => {
  // NFS, SMB, 9P, Lustre, GPFS, BeeGFS, OCFS2, GFS2, FUSE (sshfs, Docker Desktop), vboxsf, unknown.
  const others = [0x6969, 0xff534d42, 0x01021997, 0x0bd00bd0, 0x47504653, 0x19830326, 0x7461636f, 0x01161970];
  expect([...others, 0x65735546, 0x786f4256, 0].map(journalModeFor)).toEqual(Array(11).fill("TRUNCATE"));
  // ext4, XFS, Btrfs (a negative number), ZFS, tmpfs, overlay.
  const local = [0xef53, 0x58465342, 0x9123683e | 0, 0x2fc12fc1, 0x01021994, 0x794c7630];
  expect(local.map(journalModeFor)).toEqual(Array(6).fill("WAL"));
});

it("detects the folder's file system and falls back to TRUNCATE", () => {
  expect(currentJournalMode(join(tempFolder(), "telemetry.db"))).toBe("WAL");
  expect(currentJournalMode("/nowhere/at/all/telemetry.db")).toBe("TRUNCATE");
  // Linux types are unknown on macOS.
  expect(currentJournalMode(join(tempFolder(), "telemetry.db"), "darwin")).toBe("TRUNCATE");
  expect(currentJournalMode("\\\\server\\share\\telemetry.db", "win32")).toBe("TRUNCATE");
  expect(currentJournalMode("C:\\Users\\ada\\telemetry.db", "win32")).toBe("WAL");
});

import { join } from "node:path";
import { expect, it } from "vitest";
import { freshFolder } from "../../test/fixtures/folder.ts";
import { journalAt, journalFor } from "./journal.ts";

it("refuses WAL on network file systems", () => {
  expect([0x6969, 0xff534d42, -11317950].map(journalFor)).toEqual(["TRUNCATE", "TRUNCATE", "TRUNCATE"]);
  // ext4, tmpfs, APFS and NTFS by libuv.
  expect([0xef53, 0x01021994, 0x1a, 0].map(journalFor)).toEqual(["WAL", "WAL", "WAL", "WAL"]);
});

it("asks the file system of the folder", () => {
  expect(journalAt(join(freshFolder(), "telemetry.db"))).toBe("WAL");
  expect(journalAt("/nowhere/at/all/telemetry.db")).toBe("WAL");
});

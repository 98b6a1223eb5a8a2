/** Version and hash of the displayed notice, which the consent record stores. */
import { createHash } from "node:crypto";
import { noticeText, noticeVersion } from "../../shared/consent/notice.ts";

export function displayedNotice(): { readonly version: string; readonly sha256: string } {
  return { version: noticeVersion, sha256: createHash("sha256").update(noticeText(), "utf8").digest("hex") };
}

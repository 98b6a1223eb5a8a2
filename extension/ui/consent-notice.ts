/** Version, hash and language of the displayed notice, which the consent record stores. */
import { createHash } from "node:crypto";
import { noticeText } from "../../shared/consent/notice.ts";
import { noticeLanguage, noticeVersion } from "../../shared/consent/notice-version.ts";

export function displayedNotice() {
  const sha256 = createHash("sha256").update(noticeText(), "utf8").digest("hex");
  return { version: noticeVersion, sha256, language: noticeLanguage };
}

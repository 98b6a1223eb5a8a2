/** `nexus consent show`: the consent notice with its version and hash. */
import { noticeHash } from "../../../server/config/consent-log.ts";
import { notice, noticeText, noticeVersion } from "../../../shared/consent/notice.ts";
import { categories } from "../../../shared/schema/categories.ts";
import { type JsonOption, print, printJson } from "../../output/print.ts";

export function run({ json }: JsonOption): void {
  if (json === true) {
    printJson({
      version: noticeVersion,
      hash: noticeHash,
      text: noticeText(),
      categories: categories.map((name) => ({ name, ...notice.categories[name] })),
    });
  } else print(`${noticeText()}\n\nVersion: ${noticeVersion}\nSHA-256: ${noticeHash}`);
}

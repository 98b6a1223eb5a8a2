/** `nexus consent`: the text, and the record of what was decided. */
import { systemClock } from "../server/clock.ts";
import { ConsentLog, noticeHash } from "../server/consent-log.ts";
import { categories } from "../shared/categories.ts";
import { notice, noticeText, noticeVersion } from "../shared/consent-text.ts";
import { print, printJson } from "./print.ts";
import { paths } from "./product.ts";

export interface JsonOption {
  readonly json?: boolean;
}

export function consentShow({ json }: JsonOption): void {
  if (json === true) {
    printJson({
      version: noticeVersion,
      hash: noticeHash,
      text: noticeText(),
      categories: categories.map((name) => ({ name, ...notice.categories[name] })),
    });
  } else print(`${noticeText()}\n\nSHA-256 of this text: ${noticeHash}`);
}

export function consentHistory({ json }: JsonOption): void {
  const entries = new ConsentLog(paths.consentFile, systemClock).entries();
  if (json === true) printJson(entries.map((line) => JSON.parse(line)));
  else print(entries.length === 0 ? "You have not been asked yet." : entries.join("\n"));
}

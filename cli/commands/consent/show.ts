/** `nexus consent show`: the consent notice with its version and hash, also that of an earlier release. */
import { createHash } from "node:crypto";
import { noticeHash } from "../../../server/config/consent-log.ts";
import { askedCategories } from "../../../shared/consent/category-groups.ts";
import { notice, noticeText } from "../../../shared/consent/notice.ts";
import { noticeLanguage, noticeVersion } from "../../../shared/consent/notice-version.ts";
import released from "../../../shared/consent/released-notices.json" with { type: "json" };
import { UsageError } from "../../exit.ts";
import { type JsonOption, print, printJson } from "../../output/print.ts";

interface ShowOptions extends JsonOption {
  readonly version?: string;
}

export function run({ version: requested, json }: ShowOptions): void {
  if (requested !== undefined && requested !== noticeVersion) {
    showReleased(requested, json === true);
    return;
  }
  if (json === true) {
    printJson({
      version: noticeVersion,
      language: noticeLanguage,
      hash: noticeHash,
      text: noticeText(),
      categories: askedCategories.map((name) => ({ name, ...notice.categories[name] })),
    });
  } else print(`${noticeText()}\n\nVersion: ${noticeVersion}\nLanguage: ${noticeLanguage}\nSHA-256: ${noticeHash}`);
}

/** Versions 1 to 3 had no translations, and version 2 had two texts. @throws UsageError */
function showReleased(version: string, json: boolean): void {
  const texts = released
    .filter((candidate) => candidate.version === version)
    .map(({ releases, text }) => {
      const full = text.join("\n");
      return { releases, hash: createHash("sha256").update(full, "utf8").digest("hex"), text: full };
    });
  if (texts.length === 0) {
    const known = [...new Set([...released.map((candidate) => candidate.version), noticeVersion])];
    throw new UsageError(`There is no consent notice with version ${version}. Valid values: ${known.join(", ")}.`);
  }
  if (json) printJson({ version, texts });
  else
    print(
      texts
        .map(({ releases, hash, text }) => `${text}\n\nVersion: ${version} (product ${releases})\nSHA-256: ${hash}`)
        .join("\n\n"),
    );
}

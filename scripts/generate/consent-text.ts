/** Generates `docs/reference/consent-text.md`: the consent notice. */
import { createHash } from "node:crypto";
import { notice, noticeText, noticeVersion } from "../../shared/consent/notice.ts";
import { categories } from "../../shared/schema/categories.ts";

export function consentTextPage(): string {
  const { title, intro, sharing, never, rights } = notice;
  const hash = createHash("sha256").update(noticeText(), "utf8").digest("hex");
  return `${[
    "# The text you agree to",
    `Version ${noticeVersion}, SHA-256 \`${hash}\` of the text that \`nexus consent show\` prints. Made from \`shared/consent/notice.ts\`.`,
    `## ${title}`,
    intro,
    categories.map((name) => `- **${notice.categories[name].title}**: ${notice.categories[name].text}`).join("\n"),
    `## ${sharing.title}`,
    sharing.intro,
    sharing.proof,
    "## Never recorded",
    never.map((line) => `- ${line}`).join("\n"),
    rights,
  ].join("\n\n")}\n`;
}

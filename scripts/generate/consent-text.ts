/** Generates `docs/reference/consent-text.md`: the consent notice. */
import { createHash } from "node:crypto";
import { categoryGroups } from "../../shared/consent/category-groups.ts";
import { notice, noticeText } from "../../shared/consent/notice.ts";
import { noticeVersion } from "../../shared/consent/notice-version.ts";

export function consentTextPage(): string {
  const { title, intro, examples, effect, earlier, groups, sharing, never, retention, rights, contact } = notice;
  const hash = createHash("sha256").update(noticeText(), "utf8").digest("hex");
  return `${[
    "# The text you agree to",
    `Version ${noticeVersion}, SHA-256 \`${hash}\` of the text that \`nexus consent show\` prints. Made from \`shared/consent/notice.ts\`.`,
    `## ${title}`,
    intro,
    [
      "| What happens | What is stored |",
      "| --- | --- |",
      ...examples.map(([action, stored]) => `| ${action} | ${stored} |`),
    ].join("\n"),
    effect,
    ...categoryGroups.map(({ id, categories }) =>
      [
        `### ${groups[id].title}\n`,
        ...categories.map((name) => `- **${notice.categories[name].title}**: ${notice.categories[name].text}`),
      ].join("\n"),
    ),
    `### ${earlier.title}`,
    earlier.text,
    "## Never recorded",
    never.map((line) => `- ${line}`).join("\n"),
    "## Retention and your rights",
    retention,
    rights.map(([right, command]) => `- ${right}: \`${command}\``).join("\n"),
    `## ${sharing.title}`,
    sharing.intro,
    sharing.proof,
    sharing.recipient,
    `Contact: ${contact}`,
  ].join("\n\n")}\n`;
}

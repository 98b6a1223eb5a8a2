/** A digest as Markdown. */
import type { Digest, DigestTable } from "./digest.ts";

export function markdownOf({ title, headlines, tables, findings, notes }: Digest): string {
  const parts = [
    `# ${escaped(title)}`,
    headlines.length === 0
      ? "Nothing was recorded."
      : headlines.map(({ name, text }) => `- **${name}**: ${escaped(text)}`).join("\n"),
    ...tables.map(tableText),
    ...(findings.length === 0
      ? []
      : [
          `## Findings\n\n${findings.map(({ sentence, advice }) => `- ${escaped(sentence)} ${escaped(advice)}`).join("\n")}`,
        ]),
    notes.map((note) => `_${escaped(note)}_`).join("  \n"),
  ];
  return `${parts.join("\n\n")}\n`;
}

function tableText({ title, headings, rows }: DigestTable): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escaped).join(" | ")} |`;
  const rule = `| ${headings.map((_, n) => (n === 0 ? "---" : "---:")).join(" | ")} |`;
  return [`## ${title}`, "", line(headings), rule, ...rows.map(line)].join("\n");
}

/** Characters with a meaning in Markdown. */
const escaped = (text: string): string => text.replace(/[\\`*_[\]<>|]/g, "\\$&");

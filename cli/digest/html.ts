/** A digest as an HTML page without scripts, links or other files. */
import type { Digest, DigestTable } from "./digest.ts";

const style = `
  :root { color-scheme: light dark; }
  body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
  h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
  dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; } dt { font-weight: 600; } dd { margin: 0; }
  .wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
  th, td { padding: .25rem .5rem; text-align: right; border-bottom: 1px solid #8884; } th:first-child, td:first-child { text-align: left; }
  footer { margin-top: 2rem; opacity: .75; font-size: .9rem; }`;

export function htmlOf({ title, headlines, tables, findings, notes }: Digest): string {
  const figures = headlines.map(({ name, text }) => `<dt>${escaped(name)}</dt><dd>${escaped(text)}</dd>`).join("\n");
  const list = findings.map(({ sentence, advice }) => `<li>${escaped(sentence)} ${escaped(advice)}</li>`).join("\n");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<style>${style}
</style>
</head>
<body>
<h1>${escaped(title)}</h1>
${figures === "" ? "<p>Nothing was recorded.</p>" : `<dl>\n${figures}\n</dl>`}
${tables.map(tableText).join("\n")}
${list === "" ? "" : `<h2>Findings</h2>\n<ul>\n${list}\n</ul>`}
<footer>${notes.map((note) => `<p>${escaped(note)}</p>`).join("\n")}</footer>
</body>
</html>
`;
}

function tableText({ title, headings, rows }: DigestTable): string {
  const head = headings.map((text) => `<th scope="col">${escaped(text)}</th>`).join("");
  const body = rows.map((row) => `<tr>${row.map((text) => `<td>${escaped(text)}</td>`).join("")}</tr>`).join("\n");
  return `<h2>${escaped(title)}</h2>\n<div class="wide"><table>\n<thead><tr>${head}</tr></thead>\n<tbody>\n${body}\n</tbody>\n</table></div>`;
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? "");

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { strToU8, zipSync } from "fflate";
import { expect, it, onTestFinished } from "vitest";
import { marketplacePage } from "./page.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const pages = "https://example.com/nexus";
const icon = await readFile(fileURLToPath(new URL("../../media/icon.png", import.meta.url)));

/** Returns the problems of a package with these parts in place of good ones. */
async function problemsOf(parts: Readonly<Record<string, string | Uint8Array>>): Promise<readonly string[]> {
  const files = {
    "extension/package.json": JSON.stringify({
      displayName: "Example",
      description: "%description%",
      icon: "icon.png",
      categories: ["Other"],
    }),
    "extension/package.nls.json": JSON.stringify({ description: "An example." }),
    "extension/readme.md": "# Example\n\n[Begin](#example) [Log](CHANGELOG.md)\n",
    "extension/changelog.md": "# Changes\n",
    "extension/icon.png": icon,
    ...parts,
  };
  const folder = mkdtempSync(join(tmpdir(), "nexus-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const vsix = join(folder, "example.vsix");
  const bytes = Object.entries(files).map(([name, content]) => [
    name,
    typeof content === "string" ? strToU8(content) : new Uint8Array(content),
  ]);
  writeFileSync(vsix, zipSync(Object.fromEntries(bytes)));
  return (await marketplacePage(vsix, { url: pages, folder: root })).problems;
}

const readme = (text: string) => ({ "extension/readme.md": text });

it("finds nothing in a page that is in order, with a picture of the published folder", async () => {
  expect(await problemsOf({})).toEqual([]);
  expect(await problemsOf(readme(`![Icon](${pages}/media/icon.png)`))).toEqual([]);
});

it.each([
  ["a picture of the repository", "![x](../docs/x.png)", /does not load/],
  ["a picture in the text, which VS Code removes", "![x](data:image/png;base64,iVBORw0KGgo=)", /does not load/],
  ["a picture that is not published", `![x](${pages}/media/nowhere.png)`, /does not load/],
  ["a link to a page that is not published", `[x](${pages}/docs/nowhere.md)`, /broken link/],
  ["a picture by http", "![x](http://example.com/x.png)", /does not load/],
  ["a link to a file that is not in the package", "[x](docs/guide/privacy.md)", /not in the package/],
  ["a link to a missing heading", "[x](#nowhere)", /no heading/],
  ["an HTML picture", '<img src="x.png">', /as Markdown/],
  ["a picture inside a link in a table", "| a |\n| - |\n| [![x](x.png)](https://example.com) |", /does not load/],
])("finds %s", async (_, text, problem) => {
  expect(await problemsOf(readme(text))).toEqual([expect.stringMatching(problem)]);
});

it("finds what is wrong in the manifest", async () => {
  const manifest = { displayName: "", description: "x".repeat(200), icon: "nowhere.png", categories: ["Telemetry"] };
  expect(await problemsOf({ "extension/package.json": JSON.stringify(manifest) })).toHaveLength(4);
});

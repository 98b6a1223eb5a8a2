/** The packaged extension: allow-list of files, licences, sizes and the manifest. */
import { readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { listFiles, PackageManager } from "@vscode/vsce";
import { expect, it } from "vitest";
import { notices } from "../../scripts/generate/notices.ts";
import { marketplacePage } from "../../scripts/marketplace/page.ts";
import { packageVsix } from "../../scripts/package.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));

it("contains only files on the allow-list", async () => {
  const files = await listFiles({ cwd: root, packageManager: PackageManager.None });
  const allowed =
    /^(package\.json|package\.nls\.json|telemetry\.json|README\.md|CHANGELOG\.md|LICENSE|THIRD-PARTY-NOTICES\.md|dist\/[a-z-]+\.cjs|dist\/worker\/(worker\.cjs|undici-client\.cjs|commands\.json)|dist\/cli\/[a-z]+(-[a-z]+)*(-[A-Z0-9]{8})?\.(cjs|mjs)|bin\/nexus(\.cmd)?|media\/icon\.(png|svg)|media\/walkthrough\/[a-z]+\.md)$/;
  expect(files.filter((file) => !allowed.test(file))).toEqual([]);
  expect(files).toEqual(
    expect.arrayContaining([
      "dist/extension.cjs",
      "dist/app.cjs",
      "dist/ui.cjs",
      "dist/worker-client.cjs",
      "dist/worker/worker.cjs",
      "dist/worker/undici-client.cjs",
      "dist/worker/commands.json",
      "THIRD-PARTY-NOTICES.md",
      "dist/cli/nexus.cjs",
      "dist/cli/program.cjs",
      "bin/nexus",
    ]),
  );
});

it("shows the extension's own README, with nothing broken on the page of a gallery", async () => {
  const url = "https://example.com/nexus";
  for (const [pages, pictures] of [
    [url, 2],
    [undefined, 0],
  ] as const) {
    const vsix = await packageVsix("linux-x64", pages);
    const { html, problems } = await marketplacePage(vsix, { url: pages, folder: root });
    expect(problems).toEqual([]);
    expect(html).toContain("Start in three steps");
    expect(html.match(/<img /g) ?? []).toHaveLength(pictures);
  }
});

it("lists the notices of all shipped packages, with permitted licences", () => {
  const free = /^(MIT|ISC|0BSD|Apache-2\.0|BSD-[23]-Clause|BlueOak-1\.0\.0|\(MIT OR [A-Z0-9.-]+\))$/;
  const shipped = notices();
  expect(shipped.length).toBeGreaterThan(20);
  // undici bundles llhttp without a notice, so it is added separately.
  expect(shipped).toContainEqual(
    expect.objectContaining({ name: "llhttp", text: expect.stringContaining("Fedor Indutny") }),
  );
  expect(shipped.filter(({ license }) => !free.test(license))).toEqual([]);
  expect(shipped.filter(({ text }) => text.length < 100).map(({ name }) => name)).toEqual([]);
});

it("is at most 3 MiB on the platform with the largest binary", async () => {
  expect(statSync(await packageVsix("alpine-arm64")).size).toBeLessThanOrEqual(3 * 1024 * 1024);
});

it("keeps the main bundle within 16 KB, without the product, zod, a TOML parser or the client library", () => {
  const bundle = readFileSync(new URL("../../dist/extension.cjs", import.meta.url), "utf8");
  expect(statSync(new URL("../../dist/extension.cjs", import.meta.url)).size).toBeLessThanOrEqual(16 * 1024);
  for (const marker of ["ZodError", "TomlError", "LanguageClient", "smol-toml"]) expect(bundle).not.toContain(marker);
  expect(bundle).toContain('require("./app.cjs")');
});

/** Settings of what is displayed. */
const displayed = { "nexus.telemetry.statusBar": "state", "nexus.telemetry.monthlyBudget": 0 } as const;

it("has only application-wide settings; those of recording default to true, so that they can only refuse", () => {
  const settings = Object.entries<{ scope: string; default: unknown }>(manifest.contributes.configuration.properties);
  const defaults = settings.filter(([, setting]) => setting.default !== true);
  for (const [, { scope }] of settings) expect(scope).toBe("application");
  expect(Object.fromEntries(defaults.map(([name, setting]) => [name, setting.default]))).toEqual(displayed);
});

it("has a text for every key of the manifest, and no unused keys", () => {
  const texts = JSON.parse(readFileSync(new URL("../../package.nls.json", import.meta.url), "utf8"));
  const keys = [...JSON.stringify(manifest).matchAll(/"%([^%"]+)%"/g)].map(([, key]) => key);
  expect([...new Set(keys)].sort()).toEqual(Object.keys(texts).sort());
  for (const { title } of manifest.contributes.commands) expect(title).toMatch(/^%.*%$/);
});

it("activates only after start-up is finished", () => {
  expect(manifest.activationEvents).toEqual(["onStartupFinished"]);
});

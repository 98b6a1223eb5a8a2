/** Runs axe-core in the page of the extension: what it finds, each with the elements it is about. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Workbench } from "./workbench.ts";

const source = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

export async function violations(workbench: Workbench): Promise<readonly string[]> {
  await workbench.evaluate(source);
  const found = await workbench.evaluate<Violation[]>("axe.run(document.body).then(({ violations }) => violations)");
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary = "" }) => `${id}: ${html}\n${failureSummary}`),
  );
}

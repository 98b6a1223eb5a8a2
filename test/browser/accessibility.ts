/** Runs axe-core in the dashboard and returns its violations with the affected elements. */
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
  const results = await workbench.evaluate<Violation[]>("axe.run(document.body).then(({ violations }) => violations)");
  return results.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary = "" }) => `${id}: ${html}\n${failureSummary}`),
  );
}

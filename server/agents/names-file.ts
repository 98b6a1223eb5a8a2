/** `names.txt` next to `hook.awk`: the public names that the script may write, one per line. */

import { modelFamily, models } from "../../shared/vocabulary/models.ts";
import { failureTypes, hookEventNames, hookResults, sessionSources } from "../ingest/hooks/payload-filter.ts";
import { canonicalNames, modelProviders } from "../privacy/public-names.ts";

export function namesFile(): string {
  const lines = [
    ...[...canonicalNames].map(([name, canonical]) => `tool ${name} ${canonical}`),
    ...models.map((name) => `model ${name}`),
    `family ${modelFamily.source}`,
    ...modelProviders.map((name) => `provider ${name}`),
    ...hookEventNames.map((name) => `event ${name}`),
    ...hookResults.map((name) => `result ${name}`),
    ...sessionSources.map((name) => `source ${name}`),
    ...failureTypes.map((name) => `failure ${name}`),
  ];
  return `${lines.join("\n")}\n`;
}

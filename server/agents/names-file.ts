/** `names.txt` next to `hook.awk`: the public names that the script may write, one per line. */

import { endReasons, startReasons } from "../../shared/vocabulary/agent-reports.ts";
import { mcpServers } from "../../shared/vocabulary/mcp-servers.ts";
import { modelFamily, models } from "../../shared/vocabulary/models.ts";
import { apiErrors } from "../ingest/error-category.ts";
import { failureTypes, hookEventNames, hookResults, turnStatuses } from "../ingest/hooks/payload-filter.ts";
import { canonicalNames, modelProviders } from "../privacy/public-names.ts";

export function namesFile(): string {
  const lines = [
    ...[...canonicalNames].map(([name, canonical]) => `tool ${name} ${canonical}`),
    ...mcpServers.map((name) => `server ${name}`),
    ...models.map((name) => `model ${name}`),
    `family ${modelFamily.source}`,
    ...modelProviders.map((name) => `provider ${name}`),
    ...hookEventNames.map((name) => `event ${name}`),
    ...hookResults.map((name) => `result ${name}`),
    ...startReasons.map((name) => `source ${name}`),
    ...endReasons.map((name) => `reason ${name}`),
    ...turnStatuses.map((name) => `status ${name}`),
    ...Object.keys(apiErrors).map((name) => `error ${name}`),
    ...failureTypes.map((name) => `failure ${name}`),
  ];
  return `${lines.join("\n")}\n`;
}

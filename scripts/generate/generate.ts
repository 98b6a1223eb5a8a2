/** `npm run generate`: writes all generated files. A test compares each with its source. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { uploadSchemas } from "../../shared/schema/upload-schemas.ts";
import { numberText } from "../../shared/text/format.ts";
import { apiTypes } from "./api-types.ts";
import { cliPage } from "./cli-page.ts";
import { commandsPage } from "./commands-page.ts";
import { consentTextPage } from "./consent-text.ts";
import { dictionaryText } from "./dictionary.ts";
import { letterPairsText } from "./letter-pairs.ts";
import { localDatabasePage } from "./local-database.ts";
import { messagesPage } from "./messages/messages-page.ts";
import { metricsPage } from "./metrics-page.ts";
import { noticesPage } from "./notices.ts";
import { pythonAllowList, pythonVectors } from "./python-sdk.ts";
import { telemetryJsonText } from "./telemetry-json.ts";
import { programsText, vocabularyText } from "./vocabulary.ts";
import { warehouseSchemaPage } from "./warehouse-schema.ts";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** Returns path → text. */
export async function generatedFiles(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ["shared/vocabulary/commands.json", await vocabularyText()],
    ["server/privacy/scanner/letter-pairs.json", await letterPairsText()],
    ["docs/reference/data-dictionary.md", dictionaryText()],
    ["docs/reference/cli.md", cliPage()],
    ["docs/reference/commands.md", commandsPage()],
    ["docs/reference/consent-text.md", consentTextPage()],
    ["docs/reference/local-database.md", localDatabasePage()],
    ["docs/reference/messages.md", messagesPage()],
    ["docs/reference/metrics.md", metricsPage()],
    ["docs/reference/nexus-telemetry.d.ts", apiTypes()],
    ["telemetry.json", telemetryJsonText()],
    ["THIRD-PARTY-NOTICES.md", noticesPage()],
    ["sdk/python/src/nexus_telemetry/allow-list.json", pythonAllowList()],
    ["sdk/python/src/nexus_telemetry/commands.json", await programsText()],
    ["sdk/python/tests/vectors.json", pythonVectors()],
    ["docs/reference/warehouse-schema.md", warehouseSchemaPage()],
    ...[...uploadSchemas()].map(([name, text]) => [`docs/reference/schema/${name}`, text] as const),
  ]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of await generatedFiles()) {
    const file = join(root, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    console.log(`${path}: ${numberText(text.length)} characters`);
  }
}

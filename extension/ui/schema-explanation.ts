/** The schema in words for the dashboard, whose script does not contain it. */
import type { SchemaExplanation } from "../../shared/protocol/dashboard.ts";
import { sharedParts } from "../../shared/schema/shared-categories.ts";
import { uploadSchemaVersions } from "../../shared/schema/upload-schema.ts";
import { explanations } from "../../shared/text/explain.ts";

export const schemaExplanation = (): SchemaExplanation => ({
  dictionary: explanations(),
  shared: uploadSchemaVersions.map((schema) => ({ schema, parts: sharedParts(schema) })),
});

/** The versions of the upload schema: usage aggregation ("Upload Event Schema"), and the analytics design, section 3.1. */
export const uploadSchemaVersions = [1, 2] as const;
export type UploadSchema = (typeof uploadSchemaVersions)[number];

/** Column types that several tables share. */
export const lowCardinality = "LowCardinality(String)";

export const milliseconds = "DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1))";

/** Measure → column type and the expression over the raw events. */
export type Measures = Readonly<Record<string, { readonly type: string; readonly of: string }>>;

/** Threads of Zed's own agent: documents of JSON, most of them compressed (Zstandard, RFC 8878), with the total of their tokens. */
import { join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { publicModel } from "../../privacy/public-names.ts";
import { type AgentReader, type DatabaseHistory, dataFolder, openDatabases } from "../agent-reader.ts";
import { type ForeignDatabase, type ForeignRow, textOf } from "../foreign-database.ts";
import { numberIn, objectIn, textIn } from "../found.ts";
import { MergedHistory } from "../merged.ts";
import { type ModelResponse, noTokens } from "../records.ts";
import { type Found, type Shape, scanLine } from "../scanner.ts";

const agent = "zed";
const maxThreadBytes = 128 * 1024 * 1024;

const thread: Shape = {
  model: { model: "text" },
  cumulative_token_usage: {
    input_tokens: "number",
    output_tokens: "number",
    cache_read_input_tokens: "number",
    cache_creation_input_tokens: "number",
  },
};

function readThreads(database: ForeignDatabase): DatabaseHistory {
  const history = new MergedHistory();
  let faults = 0;
  for (const row of database.rows({
    table: "threads",
    columns: ["id", "updated_at", "data_type", "data"],
    values: { id: "id", updated: "updated_at", type: "data_type", data: "CAST(data AS BLOB)" },
  })) {
    const tsMs = Date.parse(textOf(row, "updated"));
    const found = documentOf(row);
    if (found === undefined || Number.isNaN(tsMs)) {
      faults += 1;
      continue;
    }
    const tokens = tokensOf(objectIn(found, "cumulative_token_usage") ?? {});
    if (tokens.input + tokens.output === 0) continue;
    const id = textOf(row, "id");
    const model = publicModel(textIn(objectIn(found, "model") ?? {}, "model"));
    history.addResponse({
      agent,
      session: id,
      id,
      tsMs,
      isSubagent: false,
      model,
      tokens,
      isExact: true,
      mayGrow: true,
    });
  }
  return { responses: history.responses, tools: [], faults };
}

function documentOf({ type, data }: ForeignRow): Found | undefined {
  if (!(data instanceof Uint8Array)) return undefined;
  let bytes = Buffer.from(data);
  try {
    if (type === "zstd") bytes = zstdDecompressSync(data, { maxOutputLength: maxThreadBytes });
  } catch {
    // Damaged or too large: counted as a row that could not be read.
    return undefined;
  }
  return scanLine(bytes, 0, bytes.length, thread);
}

function tokensOf(usage: Found): ModelResponse["tokens"] {
  const [read, written] = [numberIn(usage, "cache_read_input_tokens"), numberIn(usage, "cache_creation_input_tokens")];
  return {
    ...noTokens,
    input: numberIn(usage, "input_tokens") + read + written,
    cacheRead: read,
    cacheWrite5m: written,
    output: numberIn(usage, "output_tokens"),
  };
}

export const zedReader: AgentReader = {
  agent,
  roots: (home, env) => [
    join(dataFolder(home, env), "zed", "threads"),
    join(home, "Library", "Application Support", "Zed", "threads"),
    join(env["LOCALAPPDATA"] || join(home, "AppData", "Local"), "Zed", "threads"),
  ],
  isEntered: () => false,
  isWanted: (path) => path === "threads.db",
  readDatabase: readThreads,
  open: openDatabases,
};

/**
 * Chats of Cursor, in a table of keys and documents. Current versions keep no tokens. The sign-in is in another table, which is
 * never read.
 */
import { canonicalTool, publicModel } from "../../privacy/public-names.ts";
import { type AgentReader, type DatabaseHistory, editorFolders, openDatabases } from "../agent-reader.ts";
import { countOf, type ForeignDatabase, textOf } from "../foreign-database.ts";
import { MergedHistory } from "../merged.ts";
import { noTokens, toolUseId } from "../records.ts";

const agent = "cursor";
/** The table may hold bytes. */
const document = "CAST(value AS TEXT)";
const json = (path: string) => `CASE WHEN json_valid(${document}) THEN json_extract(${document}, '${path}') END`;

/** `bubbleId:<chat>:<bubble>` */
const bubbleKey = /^bubbleId:([^:]{1,64}):([^:]{1,64})$/;

const failed: ReadonlySet<string> = new Set(["error", "cancelled", "rejected"]);

function readBubbles(database: ForeignDatabase): DatabaseHistory {
  const history = new MergedHistory();
  let faults = 0;
  if (!database.has("cursorDiskKV")) throw new Error("this version is not known: there is no table cursorDiskKV");
  for (const row of database.rows({
    table: "cursorDiskKV",
    columns: ["key", "value"],
    values: {
      key: "key",
      type: json("$.type"),
      created: json("$.createdAt"),
      model: json("$.modelInfo.modelName"),
      input: json("$.tokenCount.inputTokens"),
      output: json("$.tokenCount.outputTokens"),
      tool: json("$.toolFormerData.name"),
      status: json("$.toolFormerData.status"),
      call: json("$.toolFormerData.toolCallId"),
    },
    where: "key >= 'bubbleId:' AND key < 'bubbleId;'",
  })) {
    const [, session, bubble] = bubbleKey.exec(textOf(row, "key")) ?? [];
    if (session === undefined || bubble === undefined || row["type"] === null) {
      faults += 1;
      continue;
    }
    const { created } = row;
    const tsMs = typeof created === "string" ? Date.parse(created) : countOf(row, "created");
    // Before October 2025 bubbles had no time. 1: the user's.
    if (!(tsMs > 0) || row["type"] !== 2) continue;
    const of = { agent, session, tsMs, isSubagent: false } as const;
    const tool = textOf(row, "tool");
    if (tool !== "") {
      const status = textOf(row, "status");
      const outcome = status === "completed" ? "ok" : failed.has(status) ? "failed" : null;
      const id = toolUseId(session, textOf(row, "call") || bubble);
      history.addTool({ ...of, id, tool: canonicalTool(tool), elapsedMs: null, outcome });
    }
    const model = textOf(row, "model");
    const [input, output] = [countOf(row, "input"), countOf(row, "output")];
    if (model !== "" || input + output > 0)
      history.addResponse({
        ...of,
        id: `${session} ${bubble}`,
        model: publicModel(model),
        tokens: { ...noTokens, input, output },
        isExact: false,
        mayGrow: true,
      });
  }
  return { responses: history.responses, tools: history.tools, faults };
}

export const cursorReader: AgentReader = {
  agent,
  roots: (home, env) => editorFolders(["Cursor"], home, env),
  isEntered: (path) => path === "globalStorage",
  isWanted: (path) => path === "globalStorage/state.vscdb",
  readDatabase: readBubbles,
  open: openDatabases,
};

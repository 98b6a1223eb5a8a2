/**
 * Sessions of Goose, in a database with the total of each session and the tool uses of its messages. Sessions that only drive
 * another agent are left out, because that agent keeps them too.
 */
import { join } from "node:path";
import { canonicalTool, publicModel } from "../../privacy/public-names.ts";
import { type AgentReader, type DatabaseHistory, dataFolder, openDatabases } from "../agent-reader.ts";
import { countOf, type ForeignDatabase, textOf } from "../foreign-database.ts";
import { MergedHistory } from "../merged.ts";
import { noTokens, outcomeOf, toolUseId } from "../records.ts";

const agent = "goose";

/** Providers that are agents themselves. */
const drivenProviders: ReadonlySet<string> = new Set([
  "claude-code",
  "claude-acp",
  "codex",
  "codex-acp",
  "cursor-agent",
  "gemini-cli",
  "copilot-acp",
  "amp-acp",
]);

const time = (column: string) =>
  `CASE WHEN typeof(${column}) = 'text' THEN CAST(strftime('%s', ${column}) AS INTEGER) ELSE ${column} END`;

interface Session {
  readonly tsMs: number;
  readonly isSubagent: boolean;
}

function readSessions(database: ForeignDatabase): DatabaseHistory {
  const history = new MergedHistory();
  const sessions = new Map<string, Session>();
  let faults = 0;
  for (const row of database.rows({
    table: "sessions",
    columns: [
      "id",
      "session_type",
      "created_at",
      "accumulated_input_tokens",
      "accumulated_output_tokens",
      "provider_name",
      "model_config_json",
    ],
    values: {
      id: "id",
      type: "session_type",
      created: time("created_at"),
      input: "accumulated_input_tokens",
      output: "accumulated_output_tokens",
      provider: "provider_name",
      model: "CASE WHEN json_valid(model_config_json) THEN json_extract(model_config_json, '$.model_name') END",
    },
  })) {
    if (drivenProviders.has(textOf(row, "provider"))) continue;
    if ([row["input"], row["output"]].some((count) => count !== null && typeof count !== "number")) faults += 1;
    const id = textOf(row, "id");
    const session = { tsMs: countOf(row, "created") * 1000, isSubagent: row["type"] === "sub_agent" };
    sessions.set(id, session);
    const [input, output] = [countOf(row, "input"), countOf(row, "output")];
    if (input + output > 0)
      history.addResponse({
        agent,
        session: id,
        id,
        ...session,
        model: publicModel(textOf(row, "model")),
        tokens: { ...noTokens, input, output },
        isExact: true,
        mayGrow: true,
      });
  }
  addTools(history, database, sessions);
  return { responses: history.responses, tools: history.tools, faults: faults + unreadableMessages(database) };
}

/** Messages that are no list of JSON. */
function unreadableMessages(database: ForeignDatabase): number {
  const rows = database.rows({
    table: "messages",
    columns: ["content_json"],
    values: { id: "messages.rowid" },
    where: "CASE WHEN json_valid(content_json) THEN json_type(content_json) <> 'array' ELSE true END",
  });
  return [...rows].length;
}

const part = (path: string) => `json_extract(part.value, '${path}')`;

function addTools(history: MergedHistory, database: ForeignDatabase, sessions: ReadonlyMap<string, Session>): void {
  for (const row of database.rows({
    table: "messages",
    columns: ["session_id", "content_json", "created_timestamp"],
    join: ", json_each(CASE WHEN json_valid(content_json) THEN content_json ELSE '[]' END) AS part",
    where: "part.type = 'object'",
    values: {
      session: "session_id",
      created: "created_timestamp",
      type: part("$.type"),
      id: part("$.id"),
      tool: part("$.toolCall.value.name"),
      status: part("$.toolResult.status"),
      isError: part("$.toolResult.value.isError"),
    },
  })) {
    const [session, id] = [textOf(row, "session"), textOf(row, "id")];
    const of = sessions.get(session);
    if (of === undefined || id === "") continue;
    const tsMs = countOf(row, "created") * 1000;
    const useId = toolUseId(session, id);
    if (row["type"] === "toolRequest")
      history.addTool({
        agent,
        session,
        id: useId,
        tsMs,
        isSubagent: of.isSubagent,
        tool: canonicalTool(textOf(row, "tool")),
        elapsedMs: null,
        outcome: null,
      });
    const known = row["type"] === "toolResponse" ? history.toolOf(useId) : undefined;
    if (known === undefined) continue;
    const isFailed = row["status"] === "error" || row["isError"] === 1;
    // In whole seconds, so that no time until the result is taken from them.
    history.addTool({ ...known, outcome: outcomeOf(isFailed) });
  }
}

export const gooseReader: AgentReader = {
  agent,
  roots: (home, env) => {
    const { GOOSE_PATH_ROOT: chosen, APPDATA: appData } = env;
    if (chosen !== undefined && chosen !== "") return [join(chosen, "data", "sessions")];
    return [
      join(dataFolder(home, env), "goose", "sessions"),
      join(home, "Library", "Application Support", "goose", "sessions"),
      join(appData ?? join(home, "AppData", "Roaming"), "Block", "goose", "data", "sessions"),
    ];
  },
  isEntered: () => false,
  isWanted: (path) => path === "sessions.db",
  readDatabase: readSessions,
  open: openDatabases,
};

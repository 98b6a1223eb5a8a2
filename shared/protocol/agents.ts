/** Agents that can be connected by their own hooks, and what editor and worker say of them. */

import type { Source } from "../schema/sources.ts";
import { request } from "./rpc.ts";
import { arrayOf, boolean, enumOf, integer, nullable, object, string, type Validated } from "./validate.ts";

export const agentNames = ["claude_code", "cursor", "copilot", "codex", "gemini_cli"] as const;
export type AgentName = (typeof agentNames)[number];

/** Under which sources each agent's events are stored. */
export const sourcesOf = {
  claude_code: ["claude_code"],
  cursor: ["cursor"],
  copilot: ["copilot_cli", "vscode_agent"],
  codex: ["codex"],
  gemini_cli: ["gemini_cli"],
} as const satisfies Readonly<Record<AgentName, readonly Source[]>>;

const name = enumOf(agentNames);
const path = string(4096);

const agentStatus = object({
  name,
  title: string(64),
  /** The file of settings that is changed. */
  file: path,
  /** Whether the agent seems to be on this machine. */
  installed: boolean,
  connected: boolean,
  /** Connected by an entry of an earlier version, which connecting again replaces. */
  outdated: boolean,
  /** When its hooks last told of something, in milliseconds since 1970; `null` where they never did. */
  lastEventMs: nullable(integer()),
  /** Why its hooks may not run although it is connected, as a sentence. */
  blockedBy: nullable(string(8192)),
});
export type AgentStatus = Validated<typeof agentStatus>;

/** Editor → worker: which agents are here, and which of them are connected. */
export const AgentsRequest = request("nexus/agents", object({}), arrayOf(agentStatus, agentNames.length));

const lines = arrayOf(string(8192), 1_000);

/** The exact change of a file: the lines that are new, and those of an earlier version that go; all others stay as they are. */
const change = object({ name, title: string(64), file: path, isNew: boolean, lines, removed: lines });
export type AgentChange = Validated<typeof change>;

/** Editor → worker: what connecting would change; `null` where it is connected. */
export const PlanAgentRequest = request("nexus/planAgent", object({ name }), nullable(change));

/** Editor → worker: connect, or take it out again. The answer is how they stand then. */
export const ConnectAgentRequest = request("nexus/connectAgent", object({ name }), AgentsRequest.result);
export const DisconnectAgentRequest = request("nexus/disconnectAgent", object({ name }), AgentsRequest.result);

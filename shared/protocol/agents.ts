/** Messages about agents that can be connected through their hooks. */

import type { Source } from "../schema/sources.ts";
import { request } from "./rpc.ts";
import { arrayOf, boolean, enumOf, integer, nullable, object, string, type Validated } from "./validate.ts";

export const agentNames = [
  "claude_code",
  "cursor",
  "copilot",
  "codex",
  "gemini_cli",
  "antigravity",
  "windsurf",
  "qwen_code",
  "factory_droid",
  "continue_cli",
  "goose",
  "cline",
  "opencode",
  "amp",
  "pi",
] as const;
export type AgentName = (typeof agentNames)[number];

/** The event sources of each agent. */
export const sourcesOf = {
  claude_code: ["claude_code"],
  cursor: ["cursor"],
  copilot: ["copilot_cli", "vscode_agent"],
  codex: ["codex"],
  gemini_cli: ["gemini_cli"],
  antigravity: ["antigravity"],
  windsurf: ["windsurf"],
  qwen_code: ["qwen_code"],
  factory_droid: ["factory_droid"],
  continue_cli: ["continue_cli"],
  goose: ["goose"],
  cline: ["cline"],
  opencode: ["opencode"],
  amp: ["amp"],
  pi: ["pi"],
} as const satisfies Readonly<Record<AgentName, readonly Source[]>>;

const name = enumOf(agentNames);
const path = string(4096);

const agentStatus = object({
  name,
  title: string(64),
  /** The settings file that connecting changes. */
  file: path,
  /** Whether the agent appears to be installed on this machine. */
  installed: boolean,
  connected: boolean,
  /** Whether the hook was written by an earlier version; connecting again replaces it. */
  outdated: boolean,
  /** Time of the last event from its hooks, in milliseconds since 1970; `null`: no events yet. */
  lastEventMs: nullable(integer()),
  /** Why its hooks may not run although it is connected; one sentence. */
  blockedBy: nullable(string(8192)),
  /** What the user must do in the agent before it runs the hook; one sentence. */
  approval: nullable(string(8192)),
});
export type AgentStatus = Validated<typeof agentStatus>;

/** Editor → worker: lists the agents, installed or not, and their connections. */
export const AgentsRequest = request("nexus/agents", object({}), arrayOf(agentStatus, agentNames.length));

const lines = arrayOf(string(8192), 1_000);

/** The exact change of a file: added lines, and lines of an earlier version that are removed. */
const change = object({ name, title: string(64), file: path, isNew: boolean, lines, removed: lines });
export type AgentChange = Validated<typeof change>;

/** Editor → worker: previews the change that connecting makes; `null` if already connected. */
export const PlanAgentRequest = request("nexus/planAgent", object({ name }), nullable(change));

/** Editor → worker: connects or disconnects an agent. The result is the new list of agents. */
export const ConnectAgentRequest = request("nexus/connectAgent", object({ name }), AgentsRequest.result);
export const DisconnectAgentRequest = request("nexus/disconnectAgent", object({ name }), AgentsRequest.result);

/** Editor → worker: runs an agent's hook with a test payload. Returns why it does not work; `null` if it does. */
export const TestAgentRequest = request("nexus/testAgent", object({ name }), object({ fault: nullable(string(8192)) }));

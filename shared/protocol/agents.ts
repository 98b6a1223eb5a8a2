/** Agents that can be connected by their own hooks, and what editor and worker say of them. */

import type { Source } from "../schema/sources.ts";
import { request } from "./rpc.ts";
import { boolean, type Checked, listOf, nullable, record, text, whole, word } from "./validate.ts";

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

const name = word(agentNames);
const path = text(4096);

const standing = record({
  name,
  title: text(64),
  /** The file of settings that is changed. */
  file: path,
  /** Whether the agent seems to be on this machine. */
  found: boolean,
  connected: boolean,
  /** Connected by an entry of an earlier version, which connecting again replaces. */
  outdated: boolean,
  /** When its hooks last told of something, in milliseconds since 1970; `null` where they never did. */
  lastMs: nullable(whole()),
  /** Why its hooks may not run although it is connected, as a sentence. */
  forbidden: nullable(text(8192)),
});
export type AgentStanding = Checked<typeof standing>;

/** Editor → worker: which agents are here, and which of them are connected. */
export const agents = request("nexus/agents", record({}), listOf(standing, agentNames.length));

const lines = listOf(text(8192), 1_000);

/** The exact change of a file: the lines that are new, and those of an earlier version that go; all others stay as they are. */
const change = record({ name, title: text(64), file: path, made: boolean, lines, removed: lines });
export type AgentChange = Checked<typeof change>;

/** Editor → worker: what connecting would change; `null` where it is connected. */
export const planAgent = request("nexus/planAgent", record({ name }), nullable(change));

/** Editor → worker: connect, or take it out again. The answer is how they stand then. */
export const connectAgent = request("nexus/connectAgent", record({ name }), agents.result);
export const disconnectAgent = request("nexus/disconnectAgent", record({ name }), agents.result);

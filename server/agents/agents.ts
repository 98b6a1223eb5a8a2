/**
 * The agents whose tool calls can be recorded through their own hooks: the settings file of each
 * agent and the entries that are added to it. Formats as of 2026; `docs/guide/agents.md` lists what
 * each agent reports.
 */
import { isAbsolute, join } from "node:path";
import type { AgentName } from "../../shared/protocol/agents.ts";

/** An entry to append to a list in the settings; `list` is the path of the list. */
export interface HookEntry {
  readonly list: readonly string[];
  readonly entry: object;
}

export interface Agent {
  readonly name: AgentName;
  readonly title: string;
  /** The agent's configuration folder; without it the agent counts as not installed. */
  readonly folder: string;
  /** The settings file that is changed. */
  readonly file: string;
  /** Initial content of a settings file that does not exist yet. */
  readonly start: object;
  /** Returns the entries that run a shell command. */
  readonly entriesOf: (command: string) => readonly HookEntry[];
  /** The file in which an organisation can disable user hooks, and the keys that do so. */
  readonly policy: { readonly file: string; readonly keys: readonly string[] } | null;
}

interface AgentContext {
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Seconds after which an agent may continue without the hook, which normally takes milliseconds.
 */
const timeoutSec = 5;

/** Events of Claude Code. Cursor has the same events with a lower-case first letter. */
const claudeEvents = [
  "PostToolUse",
  "PostToolUseFailure",
  "SessionStart",
  "SessionEnd",
  "PreCompact",
  "SubagentStart",
  "SubagentStop",
] as const;
const camel = (name: string) => name.charAt(0).toLowerCase() + name.slice(1);

const under = (events: readonly string[], entry: object): readonly HookEntry[] =>
  events.map((event) => ({ list: ["hooks", event], entry }));

export function agentsOf({ home, env }: AgentContext): readonly Agent[] {
  const folder = (name: string, usual: string) => {
    const configured = env[name] ?? "";
    return isAbsolute(configured) ? configured : join(home, usual);
  };
  const [claude, codex] = [folder("CLAUDE_CONFIG_DIR", ".claude"), folder("CODEX_HOME", ".codex")];
  const copilot = folder("COPILOT_HOME", ".copilot");
  const grouped = (command: string) => ({ hooks: [{ type: "command", command, timeout: timeoutSec }] });
  return [
    {
      name: "claude_code",
      title: "Claude Code",
      folder: claude,
      file: join(claude, "settings.json"),
      start: {},
      entriesOf: (command) => under([...claudeEvents, "PermissionDenied"], grouped(command)),
      policy: {
        file: "/etc/claude-code/managed-settings.json",
        keys: ["allowManagedHooksOnly", "disableAllHooks"],
      },
    },
    {
      name: "cursor",
      title: "Cursor",
      folder: join(home, ".cursor"),
      file: join(home, ".cursor", "hooks.json"),
      start: { version: 1 },
      entriesOf: (command) => under(claudeEvents.map(camel), { command, timeout: timeoutSec }),
      policy: null,
    },
    {
      // VS Code and the CLI read the same folder. Capitalised event names make both send the same
      // format.
      name: "copilot",
      title: "GitHub Copilot (CLI and VS Code)",
      folder: copilot,
      file: join(copilot, "hooks", "nexus.json"),
      start: { version: 1 },
      entriesOf: (command) =>
        under([...claudeEvents], { type: "command", command, bash: command, timeout: timeoutSec, timeoutSec }),
      policy: null,
    },
    {
      name: "codex",
      title: "Codex",
      folder: codex,
      file: join(codex, "hooks.json"),
      start: {},
      entriesOf: (command) =>
        under(
          ["PostToolUse", "SessionStart", "SessionEnd", "PreCompact", "SubagentStart", "SubagentStop"],
          grouped(command),
        ),
      policy: null,
    },
    {
      name: "gemini_cli",
      title: "Gemini CLI",
      folder: join(home, ".gemini"),
      file: join(home, ".gemini", "settings.json"),
      start: {},
      entriesOf: (command) =>
        under(["AfterTool", "SessionStart", "SessionEnd", "PreCompress"], {
          matcher: "*",
          // Gemini CLI expects milliseconds.
          hooks: [{ name: "nexus", type: "command", command, timeout: timeoutSec * 1_000 }],
        }),
      policy: null,
    },
  ];
}

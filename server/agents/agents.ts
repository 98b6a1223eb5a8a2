/**
 * The agents whose tools can be recorded by their own hooks: where each keeps its settings, and what is put into them. Shapes as of
 * 2026; `docs/guide/agents.md` says what each tells.
 */
import { isAbsolute, join } from "node:path";
import type { AgentName } from "../../shared/protocol/agents.ts";

/** An entry that is appended to a list in the settings, by the path of the list. */
export interface HookEntry {
  readonly list: readonly string[];
  readonly entry: object;
}

export interface Agent {
  readonly name: AgentName;
  readonly title: string;
  /** Its own folder: where it is not, the agent is not installed. */
  readonly folder: string;
  /** The file that is changed. */
  readonly file: string;
  /** What a file that is made anew begins with. */
  readonly start: object;
  readonly entries: readonly HookEntry[];
  /** Where an organisation may forbid hooks, and the keys that do so. */
  readonly policy: { readonly file: string; readonly keys: readonly string[] } | null;
}

interface AgentContext {
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The shell's line that runs the hook. */
  readonly command: string;
}

/** Seconds after which a host may go on without the hook's end. It takes milliseconds. */
const timeoutSec = 5;

/** What is asked of Claude Code, and under the same names beginning small of Cursor. */
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

export function agentsOf({ home, env, command }: AgentContext): readonly Agent[] {
  const folder = (name: string, usual: string) => {
    const given = env[name] ?? "";
    return isAbsolute(given) ? given : join(home, usual);
  };
  const [claude, codex] = [folder("CLAUDE_CONFIG_DIR", ".claude"), folder("CODEX_HOME", ".codex")];
  const grouped = { hooks: [{ type: "command", command, timeout: timeoutSec }] };
  return [
    {
      name: "claude_code",
      title: "Claude Code",
      folder: claude,
      file: join(claude, "settings.json"),
      start: {},
      entries: under([...claudeEvents], grouped),
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
      entries: under(claudeEvents.map(camel), {
        command,
        timeout: timeoutSec,
      }),
      policy: null,
    },
    {
      // VS Code and the CLI read the same folder; names with a capital make both send the same form.
      name: "copilot",
      title: "GitHub Copilot (CLI and VS Code)",
      folder: join(home, ".copilot"),
      file: join(home, ".copilot", "hooks", "nexus.json"),
      start: { version: 1 },
      entries: under(["PostToolUse", "PostToolUseFailure", "SessionStart", "SessionEnd"], {
        type: "command",
        command,
        bash: command,
        timeout: timeoutSec,
        timeoutSec,
      }),
      policy: null,
    },
    {
      name: "codex",
      title: "Codex",
      folder: codex,
      file: join(codex, "hooks.json"),
      start: {},
      entries: under(["PostToolUse", "SessionStart"], grouped),
      policy: null,
    },
    {
      name: "gemini_cli",
      title: "Gemini CLI",
      folder: join(home, ".gemini"),
      file: join(home, ".gemini", "settings.json"),
      start: {},
      entries: under(["AfterTool", "SessionStart", "SessionEnd", "PreCompress"], {
        matcher: "*",
        // Milliseconds here.
        hooks: [{ name: "nexus", type: "command", command, timeout: timeoutSec * 1_000 }],
      }),
      policy: null,
    },
  ];
}

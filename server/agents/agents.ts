/**
 * The agents whose tools can be recorded by their own hooks: where each keeps its settings, and what is put into them. Shapes as of
 * 2026; `docs/agents.md` says what each tells.
 */
import { isAbsolute, join } from "node:path";
import type { AgentName } from "../../shared/agents.ts";
import { type Door, hookPath } from "../doors/door-file.ts";

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
  /** The same for an agent that can post to a door on loopback; `null` where it cannot. */
  readonly posting: ((door: Door) => readonly HookEntry[]) | null;
  /** Where an organisation may forbid hooks, and the keys that do so. */
  readonly policy: { readonly file: string; readonly keys: readonly string[] } | null;
}

interface Place {
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The shell's line that runs the hook. */
  readonly command: string;
  /** Whether there is a POSIX shell with `awk`. */
  readonly hasShell: boolean;
}

/** Seconds after which a host may go on without the hook's end. It takes milliseconds. */
const timeoutSec = 5;

/** What is asked of Claude Code, and under the same names beginning small of Cursor. */
const claudeEvents = [
  ...["PostToolUse", "PostToolUseFailure", "SessionStart", "SessionEnd"],
  ...["PreCompact", "SubagentStart", "SubagentStop"],
] as const;
const camel = (name: string) => name.charAt(0).toLowerCase() + name.slice(1);

/** Seconds that an agent waits for the door; a worker that stands still costs no more. */
const postTimeoutSec = 1;

/** Claude Code posts what it tells, but for the beginning of a session, of which only commands hear, where one can run. */
const claudePosts =
  (command: object | null) =>
  ({ port, token }: Door): readonly HookEntry[] => {
    const url = `http://127.0.0.1:${port}${hookPath}`;
    const post = { type: "http", url, timeout: postTimeoutSec, headers: { Authorization: `Bearer ${token}` } };
    return claudeEvents.flatMap((event) => {
      if (event !== "SessionStart") return under([event], { hooks: [post] });
      return command === null ? [] : under([event], command);
    });
  };

const under = (events: readonly string[], entry: object): readonly HookEntry[] =>
  events.map((event) => ({ list: ["hooks", event], entry }));

export function agentsOf({ home, env, command, hasShell }: Place): readonly Agent[] {
  const folder = (name: string, usual: string) => {
    const given = env[name] ?? "";
    return isAbsolute(given) ? given : join(home, usual);
  };
  const [claude, codex] = [folder("CLAUDE_CONFIG_DIR", ".claude"), folder("CODEX_HOME", ".codex")];
  const grouped = { hooks: [{ type: "command", command, timeout: timeoutSec }] };
  return [
    {
      ...{ name: "claude_code", title: "Claude Code", folder: claude, file: join(claude, "settings.json"), start: {} },
      entries: under([...claudeEvents], grouped),
      posting: claudePosts(hasShell ? grouped : null),
      policy: {
        file: "/etc/claude-code/managed-settings.json",
        keys: ["allowManagedHooksOnly", "disableAllHooks"],
      },
    },
    {
      ...{ name: "cursor", title: "Cursor", folder: join(home, ".cursor"), file: join(home, ".cursor", "hooks.json") },
      start: { version: 1 },
      entries: under(claudeEvents.map(camel), {
        command,
        timeout: timeoutSec,
      }),
      posting: null,
      policy: null,
    },
    {
      // VS Code and the CLI read the same folder; names with a capital make both send the same form.
      ...{ name: "copilot", title: "GitHub Copilot (CLI and VS Code)", folder: join(home, ".copilot") },
      ...{ file: join(home, ".copilot", "hooks", "nexus.json"), start: { version: 1 } },
      entries: under(["PostToolUse", "PostToolUseFailure", "SessionStart", "SessionEnd"], {
        ...{ type: "command", command, bash: command, timeout: timeoutSec, timeoutSec },
      }),
      posting: null,
      policy: null,
    },
    {
      ...{ name: "codex", title: "Codex", folder: codex, file: join(codex, "hooks.json"), start: {} },
      entries: under(["PostToolUse", "SessionStart"], grouped),
      posting: null,
      policy: null,
    },
    {
      ...{ name: "gemini_cli", title: "Gemini CLI", folder: join(home, ".gemini") },
      ...{ file: join(home, ".gemini", "settings.json"), start: {} },
      entries: under(["AfterTool", "SessionStart", "SessionEnd", "PreCompress"], {
        matcher: "*",
        // Milliseconds here.
        hooks: [{ name: "nexus", type: "command", command, timeout: timeoutSec * 1_000 }],
      }),
      posting: null,
      policy: null,
    },
  ];
}

/**
 * The agents whose tool calls can be recorded through their own hooks: the settings file of each
 * agent and the entries that are added to it. Formats as of 2026; `docs/guide/agents.md` lists what
 * each agent reports.
 */
import { existsSync, readFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import type { AgentName } from "../../shared/protocol/agents.ts";
import { ampPlugin, clineHook, opencodePlugin, piExtension } from "./plugins.ts";
import { claudePolicies, codexPolicies, copilotPolicies, geminiPolicies, type Policy } from "./policies.ts";

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
  /** Settings that disable user hooks. */
  readonly policies: readonly Policy[];
  /** Instead of entries: the text of a file of our own, which runs the shell command. */
  readonly textOf?: (command: string) => string;
  /** Whether the agent runs the file itself. */
  readonly isProgram?: boolean;
  /** Another file of our own that the agent needs to find the hook. */
  readonly companion?: { readonly file: string; readonly text: string };
}

interface AgentContext {
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
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
/** The end of a turn, and of one that an error of the API ended. */
const turnEvents = ["Stop", "StopFailure"] as const;

/** An agent without settings for hooks. */
const ownFile = { start: {}, entriesOf: () => [], policies: [] } as const satisfies Partial<Agent>;

const camel = (name: string) => name.charAt(0).toLowerCase() + name.slice(1);

const under = (events: readonly string[], entry: object): readonly HookEntry[] =>
  events.map((event) => ({ list: ["hooks", event], entry }));

/** Returns "" for a file that does not exist or cannot be read; connecting the agent reports the reason. */
function textIn(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

export function agentsOf({ home, env, platform }: AgentContext): readonly Agent[] {
  const folder = (name: string, usual: string) => {
    const configured = env[name] ?? "";
    return isAbsolute(configured) ? configured : join(home, usual);
  };
  const [claude, codex] = [folder("CLAUDE_CONFIG_DIR", ".claude"), folder("CODEX_HOME", ".codex")];
  const copilot = folder("COPILOT_HOME", ".copilot");
  const gemini = join(home, ".gemini", "settings.json");
  const context = { platform, programFiles: env["ProgramFiles"] ?? "C:\\Program Files" };
  const [qwen, factory] = [folder("QWEN_HOME", ".qwen"), join(home, ".factory")];
  const [antigravity, windsurf] = [join(home, ".gemini", "config"), join(home, ".codeium", "windsurf")];
  const continueCli = join(home, ".continue");
  const config = folder("XDG_CONFIG_HOME", ".config");
  const [opencode, amp, gooseConfig] = [join(config, "opencode"), join(config, "amp"), join(config, "goose")];
  const goosePlugin = join(home, ".agents", "plugins", "nexus");
  const pi = join(home, ".pi", "agent");
  // Droid reads hooks from its settings only if this file does not exist.
  const factoryHooks = join(factory, "hooks.json");
  // A hook that was added there before is still found there.
  const factorySettings = join(factory, "settings.json");
  const isInSettings = textIn(factorySettings).includes("-v agent=factory_droid");
  const factoryList = existsSync(factoryHooks) && !isInSettings ? [] : ["hooks"];
  const grouped = (command: string) => ({ hooks: [{ type: "command", command, timeout: timeoutSec }] });
  return [
    {
      name: "claude_code",
      title: "Claude Code",
      folder: claude,
      file: join(claude, "settings.json"),
      start: {},
      entriesOf: (command) => [
        // Without `async`, Claude Code waits for the hook. At its own end, it would not let it finish.
        ...under(
          [...claudeEvents, ...turnEvents, "PermissionRequest", "PermissionDenied"].filter(
            (event) => event !== "SessionEnd",
          ),
          { hooks: [{ type: "command", command, timeout: timeoutSec, async: true }] },
        ),
        ...under(["SessionEnd"], grouped(command)),
      ],
      policies: claudePolicies(join(claude, "settings.json"), context),
    },
    {
      name: "cursor",
      title: "Cursor",
      folder: join(home, ".cursor"),
      file: join(home, ".cursor", "hooks.json"),
      start: { version: 1 },
      entriesOf: (command) => under([...claudeEvents, "Stop"].map(camel), { command, timeout: timeoutSec }),
      policies: [],
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
        under([...claudeEvents, "Stop"], { type: "command", command, bash: command, timeout: timeoutSec, timeoutSec }),
      policies: copilotPolicies(copilot),
    },
    {
      name: "codex",
      title: "Codex",
      folder: codex,
      file: join(codex, "hooks.json"),
      start: {},
      entriesOf: (command) =>
        under(
          [
            "PostToolUse",
            "SessionStart",
            "SessionEnd",
            "PreCompact",
            "SubagentStart",
            "SubagentStop",
            "Stop",
            "PermissionRequest",
          ],
          grouped(command),
        ),
      policies: codexPolicies(codex),
    },
    {
      name: "gemini_cli",
      title: "Gemini CLI",
      folder: join(home, ".gemini"),
      file: gemini,
      start: {},
      entriesOf: (command) =>
        under(["AfterTool", "SessionStart", "SessionEnd", "PreCompress", "AfterAgent"], {
          matcher: "*",
          // Gemini CLI expects milliseconds.
          hooks: [{ name: "nexus", type: "command", command, timeout: timeoutSec * 1_000 }],
        }),
      policies: geminiPolicies(gemini, context),
    },
    {
      name: "antigravity",
      title: "Antigravity CLI",
      folder: antigravity,
      file: join(antigravity, "hooks.json"),
      start: {},
      // Not before a call: Antigravity refuses it if a hook prints no decision.
      entriesOf: (command) => [
        {
          list: ["nexus", "PostToolUse"],
          entry: { matcher: "*", hooks: [{ type: "command", command, timeout: timeoutSec }] },
        },
      ],
      policies: [],
    },
    {
      name: "windsurf",
      title: "Windsurf",
      folder: windsurf,
      file: join(windsurf, "hooks.json"),
      start: {},
      entriesOf: (command) =>
        under(["post_read_code", "post_write_code", "post_run_command", "post_mcp_tool_use", "post_cascade_response"], {
          command,
          show_output: false,
        }),
      policies: [],
    },
    {
      name: "qwen_code",
      title: "Qwen Code",
      folder: qwen,
      file: join(qwen, "settings.json"),
      start: {},
      // Milliseconds in the versions that document a unit.
      entriesOf: (command) =>
        under([...claudeEvents, "Stop"], { hooks: [{ type: "command", command, timeout: timeoutSec * 1_000 }] }),
      policies: [{ file: join(qwen, "settings.json"), path: ["disableAllHooks"], value: true }],
    },
    {
      name: "factory_droid",
      title: "Factory Droid",
      folder: factory,
      file: factoryList.length === 0 ? factoryHooks : join(factory, "settings.json"),
      start: {},
      entriesOf: (command) =>
        ["PostToolUse", "SessionStart", "SessionEnd", "PreCompact", "SubagentStop", "Stop"].map((event) => ({
          list: [...factoryList, event],
          entry: grouped(command),
        })),
      policies: [],
    },
    {
      name: "continue_cli",
      title: "Continue CLI",
      folder: continueCli,
      file: join(continueCli, "settings.json"),
      start: {},
      entriesOf: (command) =>
        under(["PostToolUse", "PostToolUseFailure", "SessionStart", "SessionEnd", "Stop"], grouped(command)),
      policies: [],
    },
    {
      name: "goose",
      title: "Goose",
      folder: gooseConfig,
      file: join(goosePlugin, "hooks", "hooks.json"),
      start: {},
      entriesOf: (command) =>
        under(["PostToolUse", "PostToolUseFailure", "SessionStart", "SessionEnd"], {
          // A regular expression.
          matcher: ".*",
          hooks: [{ type: "command", command, timeout: timeoutSec }],
        }),
      policies: [],
      companion: {
        file: join(goosePlugin, "plugin.json"),
        text: `${JSON.stringify({ name: "nexus", version: "1.0.0", description: "Reports tool calls to Nexus Telemetry" }, null, 2)}\n`,
      },
    },
    {
      ...ownFile,
      name: "cline",
      title: "Cline",
      folder: join(home, "Documents", "Cline"),
      file: join(home, "Documents", "Cline", "Hooks", "PostToolUse"),
      textOf: clineHook,
      isProgram: true,
    },
    {
      ...ownFile,
      name: "opencode",
      title: "opencode",
      folder: opencode,
      file: join(opencode, "plugins", "nexus.js"),
      textOf: opencodePlugin,
    },
    {
      ...ownFile,
      name: "amp",
      title: "Amp",
      folder: amp,
      file: join(amp, "plugins", "nexus.ts"),
      textOf: ampPlugin,
    },
    {
      ...ownFile,
      name: "pi",
      title: "Pi",
      folder: pi,
      file: join(pi, "extensions", "nexus.ts"),
      textOf: piExtension,
    },
  ];
}

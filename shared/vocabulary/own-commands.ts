/**
 * The commands of this product: looking at statistics is not the user's work, so no total counts them. A test compares the list with
 * the definitions of the `nexus` command.
 */
export const ownCommands = [
  "telemetry",
  "telemetry status",
  "telemetry enable",
  "telemetry disable",
  "telemetry on",
  "telemetry off",
  "telemetry show",
  "telemetry explain",
  "telemetry export",
  "telemetry delete",
  "telemetry purge",
  "telemetry metrics",
  "telemetry stats",
  "telemetry dashboard",
  "telemetry erase-remote",
  "telemetry terminal",
  "telemetry config",
  "status",
  "enable",
  "disable",
  "show",
  "export",
  "purge",
  "dashboard",
  "stats",
  "commands",
  "why",
  "insights",
  "cost",
  "sessions",
  "report",
  "tail",
  "query",
  "query-rows",
  "history-database",
  "shell",
  "shell import",
  "import",
  "sync",
  "usage",
  "usage upload",
  "usage import",
  "ledger",
  "ledger list",
  "ledger show",
  "ledger verify",
  "ledger export",
  "consent",
  "consent show",
  "consent history",
  "identity",
  "identity reset",
  "doctor",
  "uninstall",
  "extension-removed",
  "event",
  "event emit",
  "run",
  "completion",
  "agents",
  "agents list",
  "agents connect",
  "agents disconnect",
  "agents test",
  "agents update",
  "agents report",
  "agents import",
  "hook",
] as const;

const isOwn: ReadonlySet<unknown> = new Set(ownCommands);

/** An event, by what tells the product's own commands from others. */
export interface CommandEvent {
  readonly type: string;
  readonly source: string;
  readonly commandPath: unknown;
}

/**
 * Returns whether an event is about a command of this product: of its palette, of `nexus` itself, or typed into a terminal, where
 * the path begins with the program.
 */
export function isOwnCommand({ type, source, commandPath }: CommandEvent): boolean {
  if (typeof commandPath !== "string") return false;
  if (type === "agent_event")
    return (
      commandPath === "nexus" || (isOwn.has(commandPath.replace(/^nexus /, "")) && commandPath.startsWith("nexus "))
    );
  if (!type.startsWith("command_")) return false;
  return source === "vscode" || (source === "nexus_cli" && isOwn.has(commandPath));
}

const quoted = (texts: readonly string[]): string => texts.map((text) => `'${text}'`).join(", ");

/** The same as a condition on `d`, the dimensions; NULL counts as false. */
export const ownCommandCondition = `ifnull(
  d.event_type = 'agent_event' AND d.command_path IN (${quoted(["nexus", ...ownCommands.map((path) => `nexus ${path}`)])})
  OR d.event_type LIKE 'command@_%' ESCAPE '@' AND d.command_path IS NOT NULL
    AND (d.source = 'vscode' OR d.source = 'nexus_cli' AND d.command_path IN (${quoted(ownCommands)})), 0)`;

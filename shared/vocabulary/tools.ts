/**
 * Public names of tools. Agents use different names for the same tool; the canonical name is stored.
 * Tools of MCP servers become `mcp`, and names that are not listed become `custom`.
 */
export const canonicalTools = {
  run_terminal_cmd: [
    "Bash",
    "PowerShell",
    "Shell",
    "bash",
    "exec_command",
    "local_shell",
    "run_command",
    "run_shell_command",
    "run_in_terminal",
    "runInTerminal",
    "runTerminalCommand",
    "shell",
    "terminal",
  ],
  read_terminal_output: ["BashOutput", "TaskOutput", "get_terminal_output", "terminal_last_command", "write_stdin"],
  kill_terminal: ["KillBash", "KillShell", "TaskStop"],
  read_file: ["Read", "NotebookRead", "read", "read_many_files", "readFile", "view"],
  write_file: ["Write", "create", "create_file", "createFile", "write"],
  edit_file: [
    "Edit",
    "MultiEdit",
    "NotebookEdit",
    "StrReplace",
    "apply_patch",
    "edit",
    "edit_notebook_file",
    "insert_edit_into_file",
    "multi_replace_string_in_file",
    "replace",
    "replace_string_in_file",
    "search_replace",
    "str_replace",
    "str_replace_editor",
  ],
  delete_file: ["Delete", "delete"],
  list_dir: ["LS", "list_directory", "ls"],
  find_files: ["Glob", "file_search", "findFiles", "glob", "glob_file_search"],
  search_text: ["Grep", "grep", "grep_search", "rg", "search_file_content", "textSearch"],
  search_code: ["SemanticSearch", "codebase_search", "list_code_usages", "semantic_search", "usages"],
  fetch_web: ["WebFetch", "fetch", "fetch_webpage", "web_fetch"],
  search_web: ["WebSearch", "google_web_search", "web_search"],
  use_browser: ["browser_action", "open_simple_browser", "screenshot"],
  run_subagent: ["Agent", "Task", "runSubagent", "spawn_agent", "subagent", "task"],
  plan: [
    "EnterPlanMode",
    "ExitPlanMode",
    "TodoRead",
    "TodoWrite",
    "manage_todo_list",
    "todo_write",
    "update_plan",
    "write_todos",
  ],
  ask_user: ["AskUserQuestion", "ask_questions"],
  remember: ["SaveMemory", "memory", "save_memory", "update_memory"],
  run_skill: ["Skill", "SlashCommand", "skill"],
  read_diagnostics: ["ReadLints", "getDiagnostics", "get_errors", "lsp", "read_lints"],
  run_tests: ["runTests", "run_tests"],
  run_notebook: ["run_notebook_cell", "execute_code"],
  use_git: ["get_changed_files"],
  load_tools: ["ToolSearch", "tool_search"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** Prefixes of MCP tools in Claude Code, Gemini CLI and Cursor. */
export const mcpName = /^(?:mcp__|mcp_|MCP:|mcp\.)/;

export const mcpTool = "mcp";
export const customTool = "custom";

export const toolNames = [...Object.keys(canonicalTools), mcpTool, customTool] as readonly (
  | keyof typeof canonicalTools
  | typeof mcpTool
  | typeof customTool
)[];

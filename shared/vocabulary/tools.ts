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
    "Execute",
    "developer__shell",
    "execute_bash",
    "execute_command",
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
  read_terminal_output: [
    "BashOutput",
    "Monitor",
    "TaskOutput",
    "command_status",
    "get_terminal_output",
    "read_bash",
    "terminal_last_command",
    "write_bash",
    "write_stdin",
  ],
  kill_terminal: ["KillBash", "KillShell", "TaskStop", "stop_bash"],
  read_file: [
    "Read",
    "NotebookRead",
    "fs_read",
    "post_read_code",
    "read",
    "read_many_files",
    "readFile",
    "view",
    "view_file",
  ],
  write_file: ["Write", "Create", "create", "create_file", "createFile", "fs_write", "write", "write_to_file"],
  edit_file: [
    "Edit",
    "MultiEdit",
    "ApplyPatch",
    "EditNotebook",
    "NotebookEdit",
    "developer__text_editor",
    "post_write_code",
    "replace_file_content",
    "replace_in_file",
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
  list_dir: ["LS", "list_dir", "list_directory", "list_files", "ls"],
  find_files: ["Glob", "file_search", "find_by_name", "findFiles", "glob", "glob_file_search"],
  search_text: ["Grep", "grep", "search_files", "grep_search", "rg", "search_file_content", "textSearch"],
  search_code: [
    "SemanticSearch",
    "codebase_investigator",
    "codebase_search",
    "list_code_usages",
    "semantic_search",
    "usages",
  ],
  fetch_web: ["WebFetch", "FetchUrl", "fetch", "fetch_webpage", "read_url_content", "web_fetch", "webfetch"],
  search_web: ["WebSearch", "google_web_search", "web_search"],
  use_browser: ["browser_action", "open_simple_browser", "screenshot"],
  run_subagent: ["Agent", "Task", "Workflow", "delegate_to_agent", "runSubagent", "spawn_agent", "subagent", "task"],
  plan: [
    "EnterPlanMode",
    "ExitPlanMode",
    "CreatePlan",
    "SwitchMode",
    "TaskCreate",
    "TaskGet",
    "TaskList",
    "TaskUpdate",
    "report_intent",
    "todoread",
    "todowrite",
    "tracker_create_task",
    "tracker_list_tasks",
    "tracker_update_task",
    "update_todo",
    "update_topic",
    "TodoRead",
    "TodoWrite",
    "manage_todo_list",
    "todo_write",
    "update_plan",
    "write_todos",
  ],
  ask_user: [
    "AskQuestion",
    "AskUserQuestion",
    "PushNotification",
    "SendMessage",
    "ask_followup_question",
    "ask_questions",
    "ask_user",
  ],
  remember: ["SaveMemory", "memory", "save_memory", "store_memory", "update_memory"],
  run_skill: ["Skill", "SlashCommand", "activate_skill", "skill"],
  schedule: ["CronCreate", "CronDelete", "CronList", "ScheduleWakeup"],
  read_diagnostics: ["LSP", "ReadLints", "getDiagnostics", "get_errors", "lsp", "read_lints"],
  run_tests: ["runTests", "run_tests"],
  run_notebook: ["run_notebook_cell", "execute_code"],
  use_git: ["EnterWorktree", "ExitWorktree", "get_changed_files"],
  load_tools: ["ToolSearch", "tool_search"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** Prefixes of MCP tools in Claude Code, Gemini CLI and Cursor. */
export const mcpName = /^(?:mcp__|mcp_|MCP:|mcp\.)/;

/** Tools of agents that call or list those of MCP servers. */
export const mcpTools = ["CallMcpTool", "ListMcpResourcesTool", "ReadMcpResourceTool", "mcp_tool"] as const;

export const mcpTool = "mcp";
export const customTool = "custom";

export const toolNames = [...Object.keys(canonicalTools), mcpTool, customTool] as readonly (
  | keyof typeof canonicalTools
  | typeof mcpTool
  | typeof customTool
)[];

/**
 * Public names of tools. Agents have many names for one tool; the canonical one is stored. A name that is not here is
 * the user's own (an MCP or custom tool) and becomes `custom`.
 */
export const canonicalTools: Readonly<Record<string, readonly string[]>> = {
  run_terminal_cmd: [
    "run_terminal_cmd",
    "Bash",
    "PowerShell",
    "Shell",
    "run_shell_command",
    "run_in_terminal",
    "runTerminalCommand",
  ],
};

export const customTool = "custom";

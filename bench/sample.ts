/** What capture hands over for a typical command. */
export const sampleUse = {
  stream: "tool",
  tool_name: "run_terminal_cmd",
  tool_phase: "end",
  command_line: "git commit -m 'a message'",
  exit_code: 0,
  duration_ms: 120,
} as const;

/** Display names of tools. */

const titles: Readonly<Record<string, string>> = {
  run_terminal_cmd: "Terminal",
  list_dir: "List folder",
  fetch_web: "Fetch page",
  search_web: "Web search",
  mcp: "MCP tool",
  custom: "Other tool",
};

/** "edit_file" → "Edit file". */
export const toolLabel = (name: string): string =>
  titles[name] ?? `${name.slice(0, 1).toUpperCase()}${name.slice(1).replaceAll("_", " ")}`;

/** View type under which VS Code restores the dashboard after a reload. */
export const panelType = "nexus.dashboard";

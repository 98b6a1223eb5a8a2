/** The name under which the editor keeps the page over a reload. */
export const panelType = "nexus.dashboard";

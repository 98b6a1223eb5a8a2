/** The views of the database for queries of the user's. */
export interface View {
  readonly name: string;
  readonly description: string;
}

export const views: readonly View[] = [
  { name: "events_readable", description: "One row for each stored event, newest last; only within the retention." },
  { name: "sessions_readable", description: "One row for each session, with its times." },
  {
    name: "totals_readable",
    description:
      "Totals for each local day and combination of command, tool, agent, model, workspace, source and outcome; kept for ever.",
  },
];

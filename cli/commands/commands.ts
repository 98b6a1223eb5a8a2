/** `nexus commands`: every command with its runs, failures and durations, most waiting time first. */
import { commandColumns } from "../output/measures-table.ts";
import { printReport, type ReportOptions } from "./query-report.ts";

export const run = (options: ReportOptions): Promise<void> =>
  printReport(options, {
    title: "Commands",
    by: "command",
    sort: "waiting",
    columns: commandColumns,
    isShown: ({ runs }) => runs.count > 0,
    notes: () => ["History of one: nexus why COMMAND. Waiting leaves out servers and interactive programs."],
  });

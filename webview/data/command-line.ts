/** The `nexus` command that prints what the drawer shows. */
import { type FilterName, filterNames } from "../../shared/protocol/query.ts";
import type { PeriodSelection } from "../../shared/protocol/reports.ts";
import type { Subject, View } from "../view.ts";
import { filterOf, viewOf } from "./questions.ts";

/** Quotes a value for a POSIX shell, where `!` may also mean an earlier command. */
const quoted = (value: string): string =>
  /^[\w.,:/@+-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;

function periodOption(period: PeriodSelection): string {
  return period.period === "custom" ? `--since ${period.from} --until ${period.to}` : `--${period.period}`;
}

export function commandLine(view: View, subject: Subject): string {
  if (subject.by === "session") return `nexus sessions ${subject.key}`;
  const { filters, period } = viewOf(view, subject);
  const options = (without?: FilterName) =>
    filterNames
      .filter((name) => name !== without && filters[name] !== undefined)
      .map((name) => `--${name} ${quoted(filters[name] ?? "")}`);
  if (filterOf(subject.by) === "command")
    return ["nexus why", quoted(subject.key), periodOption(period), ...options("command")].join(" ");
  return ["nexus stats --by command", periodOption(period), ...options()].join(" ");
}

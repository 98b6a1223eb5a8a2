/** What the user looks at: tab, period, filters and drawer. Each change is a step that Back undoes. */
import { type Section, sections, type Tab, tabs } from "../shared/protocol/dashboard.ts";
import {
  type Comparison,
  comparisons,
  type Filters,
  filterNames,
  type Grouping,
  groupings,
} from "../shared/protocol/query.ts";
import { type PeriodSelection, selection } from "../shared/protocol/reports.ts";

/** A group of an answer, which the drawer shows. */
export interface Subject {
  readonly by: Grouping;
  readonly key: string;
  /** The days of a group by time, within the period. */
  readonly period?: PeriodSelection;
  /** What else the group is limited to, such as the agent of a tool. */
  readonly filters?: Filters;
}

export interface View {
  readonly tab: Tab;
  /** The part of the tab `data`. */
  readonly section: Section;
  readonly period: PeriodSelection;
  /** The name of a period that moves with the days; `null` for days that the user chose. */
  readonly preset: string | null;
  readonly compare: Comparison;
  readonly filters: Filters;
  /** `null`: the drawer is closed. */
  readonly subject: Subject | null;
}

export const initialView: View = {
  tab: "overview",
  section: "privacy",
  period: { period: "month" },
  preset: "30 days",
  compare: "previous",
  filters: {},
  subject: null,
};

/** More steps back are forgotten. */
const maxSteps = 100;

/** The views before and after the current one. */
export interface Steps {
  readonly past: readonly View[];
  readonly view: View;
  readonly future: readonly View[];
}

/** Steps to another view; the same one is no step. */
export function stepTo({ past, view, future }: Steps, part: Partial<View>): Steps {
  const next = { ...view, ...part };
  // Both are plain data in the same order of keys.
  if (JSON.stringify(next) === JSON.stringify(view)) return { past, view, future };
  return { past: [...past, view].slice(-maxSteps), view: next, future: [] };
}

export function stepBack({ past, view, future }: Steps): Steps {
  const before = past.at(-1);
  return before === undefined
    ? { past, view, future }
    : { past: past.slice(0, -1), view: before, future: [view, ...future] };
}

export function stepForward({ past, view, future }: Steps): Steps {
  const [after, ...others] = future;
  return after === undefined ? { past, view, future } : { past: [...past, view], view: after, future: others };
}

/** Reads a stored view; parts of another shape, such as of an earlier version, are the default. */
export function viewFrom(stored: unknown): View {
  const field = (name: keyof View): unknown =>
    typeof stored === "object" && stored !== null ? Reflect.get(stored, name) : undefined;
  const [tab, section, compare] = [field("tab"), field("section"), field("compare")];
  return {
    tab: tabs.find((one) => one === tab) ?? initialView.tab,
    section: sections.find((one) => one === section) ?? initialView.section,
    compare: comparisons.find((one) => one === compare) ?? initialView.compare,
    ...periodFrom(field("period"), field("preset")),
    filters: filtersFrom(field("filters")),
    subject: subjectFrom(field("subject")),
  };
}

function periodFrom(stored: unknown, preset: unknown): Pick<View, "period" | "preset"> {
  const period = selectionFrom(stored);
  if (period === undefined) return { period: initialView.period, preset: initialView.preset };
  return { period, preset: typeof preset === "string" ? preset : null };
}

function selectionFrom(stored: unknown): PeriodSelection | undefined {
  try {
    return selection(stored, "view");
  } catch {
    return undefined;
  }
}

function filtersFrom(stored: unknown): Filters {
  if (typeof stored !== "object" || stored === null) return {};
  return Object.fromEntries(
    filterNames.flatMap((name) => {
      const value: unknown = Reflect.get(stored, name);
      return typeof value === "string" ? [[name, value]] : [];
    }),
  );
}

function subjectFrom(stored: unknown): Subject | null {
  if (typeof stored !== "object" || stored === null) return null;
  const [by, key] = [Reflect.get(stored, "by"), Reflect.get(stored, "key")];
  const grouping = groupings.find((one) => one === by);
  if (grouping === undefined || typeof key !== "string") return null;
  const [period, filters] = [selectionFrom(Reflect.get(stored, "period")), filtersFrom(Reflect.get(stored, "filters"))];
  return {
    by: grouping,
    key,
    ...(period === undefined ? {} : { period }),
    ...(Object.keys(filters).length === 0 ? {} : { filters }),
  };
}

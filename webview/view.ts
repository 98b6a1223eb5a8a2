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
}

export interface View {
  readonly tab: Tab;
  /** The part of the tab `data`. */
  readonly section: Section;
  readonly period: PeriodSelection;
  readonly compare: Comparison;
  readonly filters: Filters;
  /** `null`: the drawer is closed. */
  readonly subject: Subject | null;
}

export const initialView: View = {
  tab: "overview",
  section: "privacy",
  period: { period: "month" },
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
    period: periodFrom(field("period")),
    filters: filtersFrom(field("filters")),
    subject: subjectFrom(field("subject")),
  };
}

function periodFrom(stored: unknown): PeriodSelection {
  try {
    return selection(stored, "view");
  } catch {
    return initialView.period;
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
  return grouping === undefined || typeof key !== "string" ? null : { by: grouping, key };
}

/** What the views draw from, and what they can do. Data goes one way: editor → model → views → actions. */
import type { Category } from "../shared/categories.ts";
import type { PageAction, PageState, Tab } from "../shared/page.ts";
import type { Period } from "../shared/protocol.ts";

export interface Model {
  /** `null` until the first state has come. */
  readonly state: PageState | null;
  readonly tab: Tab;
  readonly period: Period;
  /** The ticks on the consent form; `null`: as the record has them. */
  readonly ticked: readonly Category[] | null;
  /** The answer to what the user did last. */
  readonly done: string | null;
  /** The page asks whether to delete. */
  readonly confirming: boolean;
}

export interface Deeds {
  readonly tell: (action: PageAction) => void;
  readonly change: (part: Partial<Model>) => void;
}

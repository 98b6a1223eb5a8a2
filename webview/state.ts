/** What the views draw from, and what they can do. Data goes one way: editor → model → views → actions. */
import type { AgentChange } from "../shared/protocol/agents.ts";
import type { DashboardAction, DashboardState, Tab } from "../shared/protocol/dashboard.ts";
import type { PeriodSelection } from "../shared/protocol/reports.ts";
import type { LedgerEntries } from "../shared/protocol/worker.ts";
import type { Category } from "../shared/schema/categories.ts";
import type { InsightFilter } from "../shared/text/insights.ts";

export interface ViewState {
  /** `null` until the first state has come. */
  readonly state: DashboardState | null;
  readonly tab: Tab;
  readonly selection: PeriodSelection;
  /** Which insights are shown; `null`: all. */
  readonly filter: InsightFilter | null;
  /** The ticks on the consent form; `null`: as the record has them. */
  readonly selected: readonly Category[] | null;
  /** The ticks of what may be shared; `null`: as the record has them. */
  readonly selectedForSharing: readonly Category[] | null;
  readonly automatic: boolean | null;
  /** The exact next bytes, where they were asked for; `"none"` where nothing is to be sent. */
  readonly preview: PreviewBytes | "none" | null;
  /** The newest entries of the ledger, where they were asked for. */
  readonly ledger: LedgerEntries | null;
  /** What connecting an agent would change, where that was asked for. */
  readonly agentChange: AgentChange | null;
  /** The answer to what the user did last. */
  readonly done: string | null;
  /** What the page asks about before it does it. */
  readonly confirming: Confirmation | null;
}

/** What cannot be undone is asked about. */
export type Confirmation = "purge" | "erase" | "identity";

export interface PreviewBytes {
  readonly body: string;
  readonly events: number;
  readonly placeholder: boolean;
}

export interface Actions {
  readonly post: (action: DashboardAction) => void;
  readonly setState: (part: Partial<ViewState>) => void;
}

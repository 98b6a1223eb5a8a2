/** State and actions of the dashboard. Data flows from the extension to state and components. */
import type { AgentChange } from "../shared/protocol/agents.ts";
import type { DashboardAction, DashboardState, SchemaExplanation } from "../shared/protocol/dashboard.ts";
import type { QuestionKind, QuestionOf, ResultOf } from "../shared/protocol/page-question.ts";
import type { Validated } from "../shared/protocol/validate.ts";
import type {
  ErasePlan,
  EraseRequestSelection,
  LedgerDetails,
  LedgerRequests,
  VerifyLedgerRequest,
} from "../shared/protocol/worker.ts";
import type { Category } from "../shared/schema/categories.ts";
import type { InsightFilter } from "../shared/text/insights.ts";
import type { Found } from "./data/answers.ts";
import type { View } from "./view.ts";

export interface ViewState {
  /** `null` until the extension has sent the first state. */
  readonly state: DashboardState | null;
  readonly view: View;
  readonly canGoBack: boolean;
  readonly canGoForward: boolean;
  /** What the activity chart shows. */
  readonly measure: ActivityMeasure;
  /** The grouping of the table of commands. */
  readonly commandsBy: "command" | "program" | "class";
  /** The bars that are being selected in a chart. */
  readonly range: { readonly chart: string; readonly bars: readonly [number, number] } | null;
  /** Order, search and length of each table by its ID. */
  readonly tables: Readonly<Record<string, TableState>>;
  /** The workspace whose name is being edited, by its hash. */
  readonly naming: string | null;
  /** The schema in words; `null` until it is needed. */
  readonly explanation: SchemaExplanation | null;
  /** Messages that the user has closed. */
  readonly closed: readonly string[];
  /** `null`: all insights. */
  readonly filter: InsightFilter | null;
  /** The insight that the user is about to dismiss, with the reason still to choose, and for how many days; `null`: for good. */
  readonly dismissing: { readonly id: string; readonly days: number | null } | null;
  /** Categories selected for recording; `null`: those of the recorded consent. */
  readonly selected: readonly Category[] | null;
  /** Categories selected for sharing; `null`: those of the recorded consent. */
  readonly selectedForSharing: readonly Category[] | null;
  readonly automatic: boolean | null;
  /** Whether events from before the consent are imported; `null`: as in the recorded consent. */
  readonly earlierEvents: boolean | null;
  /** One event as it would be sent with the current selection, once the selection changed. */
  readonly sample: PreviewBytes | "none" | null;
  /** The next batch, if it is displayed; `"none"` if there is nothing to send. */
  readonly preview: PreviewBytes | "none" | null;
  /** The newest requests in the ledger, if they are displayed. */
  readonly ledger: LedgerRequests | null;
  /** The request that is expanded. */
  readonly request: LedgerDetails | null;
  /** Whether its body is formatted for reading. */
  readonly isPretty: boolean;
  /** The last verification of the ledger; `"empty"` if there was nothing to verify. */
  readonly verification: LedgerVerification | "empty" | null;
  readonly eraseChoice: EraseChoice;
  /** What deleting that part would delete, and the sources to choose from; `null` until the user opens the form. */
  readonly erasePlan: { readonly part: EraseRequestSelection; readonly plan: ErasePlan } | null;
  /** The settings change to review before an agent is connected. */
  readonly agentChange: AgentChange | null;
  /** The result of the user's last action. */
  readonly done: string | null;
  /** The action that waits for confirmation. */
  readonly confirming: Confirmation | null;
}

export const activityMeasures = ["runs", "calls", "failures", "time", "cost"] as const;
export type ActivityMeasure = (typeof activityMeasures)[number];

export interface TableState {
  /** Name of the column; `null`: the table's own. */
  readonly sort: string | null;
  readonly isDescending: boolean;
  readonly search: string;
  /** Number of rows that the user asked for. */
  readonly shown: number;
}

/** Irreversible actions, which need a confirmation. */
export type Confirmation = "purge" | "part" | "erase" | "identity";

/** The part of the data that the user selects for deletion. `workspace`: the one that is open. */
export interface EraseChoice {
  readonly source: string;
  readonly workspace: boolean;
  /** Days as 2026-01-31; empty for any. */
  readonly from: string;
  readonly to: string;
}

export const noChoice: EraseChoice = { source: "", workspace: false, from: "", to: "" };

/** Asks only for what can be selected. */
export const noPart: EraseRequestSelection = { source: null, workspace: null, period: null };

export type LedgerVerification = NonNullable<Validated<(typeof VerifyLedgerRequest)["result"]>>;

export interface PreviewBytes {
  readonly body: string;
  readonly events: number;
  readonly placeholder: boolean;
}

export interface Actions {
  readonly post: (action: DashboardAction) => void;
  readonly setState: (part: Partial<ViewState>) => void;
  /** Steps to another view, which Back undoes. */
  readonly go: (part: Partial<View>) => void;
  readonly back: () => void;
  readonly forward: () => void;
  /** Returns the answer to show in a place, and requests it if it is unknown or outdated. */
  readonly ask: <K extends QuestionKind>(place: string, question: QuestionOf<K>) => Found<ResultOf<K>>;
}

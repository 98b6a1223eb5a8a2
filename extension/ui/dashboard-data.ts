/** What the dashboard shows besides the page's questions, as the worker last answered. */
import { workspace } from "vscode";
import { type AgentStatus, AgentsRequest } from "../../shared/protocol/agents.ts";
import type { DashboardState } from "../../shared/protocol/dashboard.ts";
import { type Message, message, verbatim } from "../../shared/protocol/message.ts";
import { WorkspacesRequest } from "../../shared/protocol/questions.ts";
import type { Request } from "../../shared/protocol/rpc.ts";
import { type Status, StatusRequest } from "../../shared/protocol/worker.ts";
import type { FirstSteps } from "../first-steps.ts";
import type { Telemetry } from "../telemetry.ts";
import { isWorkerRequestError } from "../worker/connection.ts";

/** Sends a request to the worker, or rejects without one. */
export type Ask = <P, R>(request: Request<P, R>, params: P) => Promise<R>;

const fulfilled = <T>(result: PromiseSettledResult<T>): T | null =>
  result.status === "fulfilled" ? result.value : null;

export const failureOf = (error: unknown): Message =>
  isWorkerRequestError(error) ? verbatim(error.message) : message("The worker is unavailable. Data may be outdated.");

export class DashboardData {
  readonly #telemetry: Telemetry;
  readonly #steps: FirstSteps;
  readonly #wasRead: () => void;
  #status: Status | null = null;
  #agents: readonly AgentStatus[] | null = null;
  #workspaces: Pick<DashboardState["workspaces"], "known" | "here"> = { known: [], here: null };
  #failure: Message | null = null;
  #reading: Promise<void> | undefined;
  /** Something changed while data was read, so it is read again. */
  #again = false;

  /** `wasRead`: called after each read, also after a failed one. */
  constructor(telemetry: Telemetry, steps: FirstSteps, wasRead: () => void) {
    this.#telemetry = telemetry;
    this.#steps = steps;
    this.#wasRead = wasRead;
  }

  get status(): Status | null {
    return this.#status;
  }

  get agents(): readonly AgentStatus[] | null {
    return this.#agents;
  }

  get workspaces(): Pick<DashboardState["workspaces"], "known" | "here"> {
    return this.#workspaces;
  }

  get failure(): Message | null {
    return this.#failure;
  }

  /** The read in progress. */
  get reading(): Promise<void> | undefined {
    return this.#reading;
  }

  /** Reads once at a time; a change during a read causes another. */
  async read(ask: Ask): Promise<void> {
    if (this.#reading !== undefined) {
      this.#again = true;
      return;
    }
    this.#reading = this.#readUntilDone(ask);
    await this.#reading;
    this.#reading = undefined;
  }

  async #readUntilDone(ask: Ask): Promise<void> {
    do {
      this.#again = false;
      await this.#readOnce(ask);
    } while (this.#again);
  }

  async #readOnce(ask: Ask): Promise<void> {
    try {
      // In parallel, so that in mode off one worker answers all of them.
      const uri = this.#telemetry.workspace ?? null;
      const [status, agents, workspaces] = await Promise.allSettled([
        ask(StatusRequest, {}),
        ask(AgentsRequest, {}),
        ask(WorkspacesRequest, { name: uri }),
      ]);
      if (status.status === "rejected") throw status.reason;
      this.#status = status.value;
      this.#agents = fulfilled(agents);
      if (this.#agents?.some(({ connected }) => connected) === true) this.#steps.done("connected");
      const { known = [], here = null } = fulfilled(workspaces) ?? {};
      this.#workspaces = {
        known,
        here: here === null ? null : { hash: here, name: (workspace.name ?? "This workspace").slice(0, 256) },
      };
      this.#failure = null;
      if (status.value.permission !== null) this.#telemetry.applyWorkerPermission(status.value.permission);
    } catch (error) {
      this.#failure = failureOf(error);
    }
    this.#wasRead();
  }
}

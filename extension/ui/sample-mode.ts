/** Whether the dashboard shows the sample instead of the user's data, and its answers. */
import { existsSync } from "node:fs";
import type { Permission } from "../../shared/consent/consent.ts";
import type { PageAnswer, PageQuestion } from "../../shared/protocol/page-question.ts";
import type { Status } from "../../shared/protocol/worker.ts";
import type { SampleData } from "./sample-data.ts";

/** What decides: without data of the user, and before a consent, the page shows invented work. */
export interface Situation {
  readonly permission: Permission;
  /** Where data would be; it may not exist. */
  readonly stateFolder: string;
  /** Before the first decision there is nothing to ask for. */
  readonly isUndecided: boolean;
  /** `null`: not known. */
  readonly status: Status | null;
}

export class SampleMode {
  readonly #data: Pick<SampleData, "ask" | "dispose" | "isBroken">;
  readonly #situation: () => Situation;
  #isBroken = false;
  #was = false;

  constructor(data: Pick<SampleData, "ask" | "dispose" | "isBroken">, situation: () => Situation) {
    this.#data = data;
    this.#situation = situation;
  }

  get isOn(): boolean {
    const { permission, stateFolder, isUndecided, status } = this.#situation();
    const { mode, consent } = permission;
    if (mode !== "off" || consent === "given" || consent === "damaged" || this.#isBroken) return false;
    // Data of an earlier consent may be there, which only a worker can read.
    return isUndecided ? !existsSync(stateFolder) : status !== null && status.database === null;
  }

  /** Whether it began or ended since the last call: answers about the one are none about the other. */
  hasChanged(): boolean {
    const { isOn } = this;
    const hasChanged = isOn !== this.#was;
    this.#was = isOn;
    if (!isOn) this.close();
    return hasChanged;
  }

  /** An editor whose Node has no SQLite shows no sample. Nothing is logged: before the choice there is no log. */
  async answer(question: PageQuestion, failed: () => void): Promise<PageAnswer> {
    try {
      return await this.#data.ask(question);
    } catch (error) {
      if (this.#data.isBroken && this.isOn) {
        this.#isBroken = true;
        failed();
      }
      throw error;
    }
  }

  close(): void {
    this.#data.dispose();
  }
}

/** Erasures that were begun: which hours they touch and how many events, so that one that was interrupted ends as if it had not been. Names digests alone. */
import type { Hour } from "../warehouse/rollups.ts";
import { readWhole, writeWhole } from "../whole-file.ts";

export interface Found {
  readonly hours: readonly Hour[];
  readonly count: number;
}

export class UnderWay {
  readonly #path: string;
  #found: ReadonlyMap<string, Found>;

  /** @throws Error where the file is damaged. */
  constructor(path: string) {
    this.#path = path;
    this.#found = new Map(Object.entries((readWhole(path) ?? {}) as Readonly<Record<string, Found>>));
  }

  /** What was found before and now, durably. What went already is not found again, and what is found again did not go: the larger number counts. */
  async note(digest: string, { hours, count }: Found): Promise<Found> {
    const before = this.#found.get(digest);
    const all = {
      hours: [...new Set([...(before?.hours ?? []), ...hours])],
      count: Math.max(before?.count ?? 0, count),
    };
    await this.#keep(new Map([...this.#found, [digest, all]]));
    return all;
  }

  async end(digest: string): Promise<void> {
    await this.#keep(new Map([...this.#found].filter(([one]) => one !== digest)));
  }

  async #keep(found: ReadonlyMap<string, Found>): Promise<void> {
    await writeWhole(this.#path, JSON.stringify(Object.fromEntries(found)));
    this.#found = found;
  }
}

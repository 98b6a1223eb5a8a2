/**
 * Answers to the questions that the views ask while they are rendered. Unknown and outdated ones are requested after the
 * rendering; until an answer is there, the last one in the same place is shown.
 */
import type { DashboardAction, DashboardMessage } from "../../shared/protocol/dashboard.ts";
import type { Message } from "../../shared/protocol/message.ts";
import type { PageQuestion, QuestionKind, QuestionOf, ResultOf } from "../../shared/protocol/page-question.ts";

interface Entry {
  readonly question: PageQuestion;
  result: unknown;
  failure: Message | null;
  /** Of the data that was asked for last; `undefined` until then. */
  askedRevision: number | undefined;
  answeredMs: number;
  /** The number of the request under way. */
  pending: number | undefined;
}

/** The answer to show; `undefined` until the first one in its place. */
export interface Found<R> {
  readonly result: R | undefined;
  readonly failure: Message | null;
  /** Whether it answers an earlier question of the same place. */
  readonly isOld: boolean;
}

/** Answers of these change slowly and take long: they are asked again after some time only. */
const slowKinds: ReadonlySet<QuestionKind> = new Set(["insights", "firstTry", "tries"]);
const slowMs = 30_000;
const unknown = -1;
/** Answers that are kept for going back. */
const maxEntries = 80;

export class Answers {
  readonly #post: (action: DashboardAction) => void;
  readonly #later: (ms: number) => void;
  readonly #nowMs: () => number;
  readonly #entries = new Map<string, Entry>();
  /** Place → the key of the answer that it showed last. */
  readonly #places = new Map<string, string>();
  readonly #asked = new Set<Entry>();
  /** Of the data; `unknown` before the first state. */
  #revision = unknown;
  #nextId = 1;

  /** `later`: renders again after some milliseconds. */
  constructor(
    post: (action: DashboardAction) => void,
    later: (ms: number) => void,
    nowMs: () => number = () => Date.now(),
  ) {
    this.#post = post;
    this.#later = later;
    this.#nowMs = nowMs;
  }

  /** Call it before a rendering. `revision`: of the data; absent before the first state. */
  begin(revision = unknown): void {
    // What was asked before the first state is of its data.
    if (this.#revision === unknown) for (const entry of this.#entries.values()) entry.askedRevision = revision;
    this.#revision = revision;
    this.#asked.clear();
  }

  /** `place`: where the answer is shown. */
  ask<K extends QuestionKind>(place: string, question: QuestionOf<K>): Found<ResultOf<K>> {
    const key = JSON.stringify(question);
    const entry: Entry = this.#entries.get(key) ?? {
      question: question as PageQuestion,
      result: undefined,
      failure: null,
      askedRevision: undefined,
      answeredMs: 0,
      pending: undefined,
    };
    // The one that was used last is the last to be forgotten.
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    this.#asked.add(entry);
    // What failed is asked again when the data changes.
    const failure = entry.askedRevision === this.#revision ? entry.failure : null;
    if (entry.result !== undefined || failure !== null) {
      this.#places.set(place, key);
      return { result: entry.result as ResultOf<K> | undefined, failure, isOld: false };
    }
    const last = this.#entries.get(this.#places.get(place) ?? "");
    return { result: last?.result as ResultOf<K> | undefined, failure: null, isOld: true };
  }

  /** Whether a view shows an earlier answer or none. */
  get isWaiting(): boolean {
    return [...this.#asked].some(({ result, failure }) => result === undefined && failure === null);
  }

  /** Call it after a rendering: requests what is unknown or outdated. */
  end(): void {
    for (const entry of this.#asked) {
      if (entry.pending !== undefined || entry.askedRevision === this.#revision) continue;
      const waitMs = this.#waitMs(entry);
      if (waitMs > 0) {
        this.#later(waitMs);
        continue;
      }
      const isRefresh = entry.askedRevision !== undefined;
      entry.pending = this.#nextId;
      entry.askedRevision = this.#revision;
      this.#nextId += 1;
      this.#post({ type: "ask", id: entry.pending, question: entry.question, isRefresh });
    }
    for (const [key, entry] of this.#entries) {
      if (this.#entries.size <= maxEntries) break;
      if (!this.#asked.has(entry) && entry.pending === undefined) this.#entries.delete(key);
    }
  }

  /** How long until an outdated answer is asked again. */
  #waitMs({ question, result, askedRevision, answeredMs }: Entry): number {
    if (askedRevision === undefined || result === undefined || !slowKinds.has(question.kind)) return 0;
    return answeredMs + slowMs - this.#nowMs();
  }

  /** Returns whether it is the answer to a question. A failed refresh keeps the earlier answer. */
  receive({ id, answer, failure }: Extract<DashboardMessage, { type: "answer" }>): boolean {
    const entry = [...this.#entries.values()].find(({ pending }) => pending === id);
    if (entry === undefined) return false;
    entry.pending = undefined;
    entry.answeredMs = this.#nowMs();
    if (answer !== null) {
      entry.result = answer.result;
      entry.failure = null;
    } else if (entry.result === undefined) {
      entry.failure = failure;
    }
    return true;
  }

  /** Forgets everything, as after an erasure. */
  forget(): void {
    this.#entries.clear();
    this.#places.clear();
    this.#asked.clear();
  }
}

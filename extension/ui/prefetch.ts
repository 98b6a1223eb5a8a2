/** Answers that are requested while VS Code loads the page: to what the page asked when it was opened last. */
import type { PageAnswer, PageQuestion } from "../../shared/protocol/page-question.ts";
import type { Timers } from "../timers.ts";

/** The first questions come within this time. Milliseconds. */
const openingMs = 2_000;
/** The page asks for fewer at once. */
const maxQuestions = 12;

/** Answers that the page keeps for a while, also when data has changed. `key`: the question as JSON. */
const isAskedRarely = (key: string): boolean => /^{"kind":"(?:insights|firstTry|tries)"/.test(key);

export class Prefetch {
  readonly #timers: Timers;
  /** Whether the page asks what it shows first. */
  #isOpening = false;
  #cancelOpening: (() => void) | undefined;
  #firstQuestions: PageQuestion[] = [];
  readonly #answers = new Map<string, Promise<PageAnswer>>();

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** VS Code begins to load the page. `ask`: requests an answer; absent if there is nothing to ask. */
  begin(ask: ((question: PageQuestion) => Promise<PageAnswer>) | undefined): void {
    this.#opened();
    this.#isOpening = true;
    const questions = this.#firstQuestions;
    this.#firstQuestions = [];
    if (ask === undefined) return;
    for (const question of questions) {
      const key = JSON.stringify(question);
      const answer = ask(question);
      // The page asks again, and gets the error then.
      answer.catch(() => this.#answers.delete(key));
      this.#answers.set(key, answer);
    }
  }

  /** The page has loaded. */
  ready(): void {
    this.#cancelOpening?.();
    this.#cancelOpening = this.#timers.after(openingMs, () => this.#opened());
  }

  /** What is asked from now on is no part of opening, and what was requested before is outdated. */
  #opened(): void {
    this.#cancelOpening?.();
    this.#cancelOpening = undefined;
    this.#isOpening = false;
    this.clear();
  }

  /** Returns the answer that was requested, once. `isRefresh`: the page knows an answer, but not of the newest data. */
  take(question: PageQuestion, isRefresh: boolean): Promise<PageAnswer> | undefined {
    if (this.#isOpening && !isRefresh && this.#firstQuestions.length < maxQuestions)
      this.#firstQuestions.push(question);
    const key = JSON.stringify(question);
    const known = isRefresh ? undefined : this.#answers.get(key);
    this.#answers.delete(key);
    return known;
  }

  /** Forgets what the page would not ask again by itself. */
  dropRare(): void {
    for (const key of this.#answers.keys()) if (isAskedRarely(key)) this.#answers.delete(key);
  }

  clear(): void {
    this.#answers.clear();
  }
}

/** Answers the dashboard's questions about the sample. */
import type { PageAnswer, PageQuestion } from "../../shared/protocol/page-question.ts";
import { pageAnswer } from "../analytics/page-answers.ts";
import { Questions } from "../analytics/questions.ts";
import { systemClock } from "../clock.ts";
import { openSampleDatabase } from "./sample-database.ts";

export class SampleAnswers {
  readonly #questions: Questions;

  /** @throws if the editor's Node has no `node:sqlite`. */
  constructor() {
    const connection = openSampleDatabase();
    this.#questions = new Questions({ clock: systemClock, prices: () => ({}), read: (work) => work(connection) });
  }

  /** @throws SelectionError, SQLite's error. */
  answer(question: PageQuestion): PageAnswer {
    return pageAnswer(this.#questions, question);
  }
}

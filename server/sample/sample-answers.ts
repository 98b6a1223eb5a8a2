/** Answers the dashboard's questions about the sample. */
import type { PageAnswer, PageQuestion } from "../../shared/protocol/page-question.ts";
import { queryOf } from "../../shared/protocol/questions.ts";
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
    const questions = this.#questions;
    switch (question.kind) {
      case "figures":
        return { kind: "figures", result: questions.query(queryOf(question.params)) };
      case "details":
        return { kind: "details", result: questions.details(queryOf(question.params)) };
      case "tries":
        return { kind: "tries", result: questions.tries(question.params.period, question.params.command) ?? null };
      case "sessions":
        return {
          kind: "sessions",
          result: questions.sessions(queryOf(question.params.question), question.params.limit),
        };
      case "timeline":
        return { kind: "timeline", result: questions.timeline(question.params.id) ?? null };
      case "firstTry":
        return { kind: "firstTry", result: questions.firstTry(queryOf(question.params)) ?? null };
      case "insights":
        return { kind: "insights", result: questions.insights(question.params) };
      case "toolCalls":
        return { kind: "toolCalls", result: questions.toolCalls(question.params) };
      case "activity":
        return { kind: "activity", result: questions.weeklyActivity(question.params) };
    }
  }
}

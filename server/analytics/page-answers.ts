/** Answers a question of the dashboard: one of the worker's database, or of the sample. */
import type { PageAnswer, PageQuestion } from "../../shared/protocol/page-question.ts";
import { queryOf } from "../../shared/protocol/questions.ts";
import type { Questions } from "./questions.ts";

/** @throws ConfigError, SelectionError, SQLite's error. */
export function pageAnswer(questions: Questions, question: PageQuestion): PageAnswer {
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

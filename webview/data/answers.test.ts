import { beforeEach, describe, expect, it } from "vitest";
import type { DashboardAction } from "../../shared/protocol/dashboard.ts";
import { message } from "../../shared/protocol/message.ts";
import type { QuestionOf } from "../../shared/protocol/page-question.ts";
import { Answers } from "./answers.ts";

let nowMs: number;
let asked: Extract<DashboardAction, { type: "ask" }>[];
let later: number[];
let answers: Answers;

const timeline = (id: string): QuestionOf<"timeline"> => ({ kind: "timeline", params: { id } });
const insights: QuestionOf<"insights"> = { kind: "insights", params: { period: "month" } };

beforeEach(() => {
  nowMs = 1_000;
  asked = [];
  later = [];
  answers = new Answers(
    (action) => {
      if (action.type === "ask") asked.push(action);
    },
    (ms) => later.push(ms),
    () => nowMs,
  );
});

/** Renders views that ask these questions in one place each. */
function render(
  revision: number | undefined,
  ...questions: readonly (QuestionOf<"timeline"> | QuestionOf<"insights">)[]
) {
  answers.begin(revision);
  const found = questions.map((question, place) => answers.ask(String(place), question as QuestionOf<"timeline">));
  answers.end();
  return found;
}
const answer = (id: number) =>
  answers.receive({ type: "answer", id, answer: { kind: "timeline", result: [] }, failure: null });
const lastId = () => asked.at(-1)?.id ?? 0;

describe("answers of the dashboard", () => {
  it("are requested once, and shown when they are there", () => {
    expect(render(0, timeline("a"))).toEqual([{ result: undefined, failure: null, isOld: true }]);
    expect(answers.isWaiting).toBe(true);
    render(0, timeline("a"));
    expect(asked).toHaveLength(1);
    expect(answer(lastId())).toBe(true);
    expect(render(0, timeline("a"))).toEqual([{ result: [], failure: null, isOld: false }]);
    expect(answers.isWaiting).toBe(false);
    expect(asked).toMatchObject([{ isRefresh: false }]);
  });

  it("of an earlier question of the same place are shown until the new one is there", () => {
    render(0, timeline("a"));
    answer(lastId());
    render(0, timeline("a"));
    expect(render(0, timeline("b"))).toEqual([{ result: [], failure: null, isOld: true }]);
    // Another place does not show them.
    answers.begin(0);
    expect(answers.ask("elsewhere", timeline("c")).result).toBeUndefined();
  });

  it("are requested again when data has changed, without waiting", () => {
    render(0, timeline("a"));
    answer(lastId());
    render(1, timeline("a"));
    expect(asked.map(({ isRefresh }) => isRefresh)).toEqual([false, true]);
    expect(answers.isWaiting).toBe(false);
    // Data changes once more while the answer is under way.
    render(2, timeline("a"));
    expect(asked).toHaveLength(2);
    answer(lastId());
    render(2, timeline("a"));
    expect(asked).toHaveLength(3);
  });

  it("are requested before the first state is there, and not again for it", () => {
    render(undefined, timeline("a"), timeline("b"));
    answer(lastId());
    render(7, timeline("a"), timeline("b"), timeline("c"));
    expect(asked.map(({ isRefresh }) => isRefresh)).toEqual([false, false, false]);
    render(8, timeline("b"));
    expect(asked.at(-1)?.isRefresh).toBe(true);
  });

  it("that take long are requested again after a while only", () => {
    render(0, insights);
    answers.receive({
      type: "answer",
      id: lastId(),
      answer: { kind: "insights", result: { period: "month", fromMs: 0, runs: 0, insights: [] } },
      failure: null,
    });
    nowMs += 10_000;
    render(1, insights);
    expect(asked).toHaveLength(1);
    expect(later).toEqual([20_000]);
    nowMs += 20_000;
    render(1, insights);
    expect(asked).toHaveLength(2);
  });

  it("that fail say why, but keep what is known", () => {
    const failure = message("The worker is unavailable. Data may be outdated.");
    const fail = () => answers.receive({ type: "answer", id: lastId(), answer: null, failure });
    render(0, timeline("a"));
    fail();
    expect(render(0, timeline("a"))).toEqual([{ result: undefined, failure, isOld: false }]);
    expect(render(1, timeline("a"))[0]?.failure).toBeNull();
    // Trying again is no action of the user.
    expect(asked.at(-1)?.isRefresh).toBe(true);
    answer(lastId());
    render(2, timeline("a"));
    fail();
    expect(render(2, timeline("a"))).toEqual([{ result: [], failure: null, isOld: false }]);
  });

  it("to a question that was not asked are ignored, and old ones are forgotten", () => {
    expect(answer(7)).toBe(false);
    for (let n = 0; n < 200; n += 1) {
      render(0, timeline(`t${n}`));
      answer(lastId());
    }
    render(0, timeline("t199"));
    expect(asked).toHaveLength(200);
    render(0, timeline("t0"));
    expect(asked).toHaveLength(201);
    answers.forget();
    expect(render(0, timeline("t199"))[0]?.result).toBeUndefined();
  });
});

/** The worker process answers questions, and forgets what was erased. */
import { describe, expect, it } from "vitest";
import {
  FirstTryRequest,
  QueryRequest,
  type Question,
  SessionsRequest,
  TimelineRequest,
} from "../../shared/protocol/questions.ts";
import { RecordEventsRequest } from "../../shared/protocol/record.ts";
import { PurgeRequest } from "../../shared/protocol/worker.ts";
import { toolUse } from "../fixtures/raw-events.ts";
import { tempFolder } from "../fixtures/temp-folder.ts";
import { WorkerProcess } from "./worker-process.ts";

const ask = (more: Partial<Question> = {}): Question => ({
  period: { period: "week" },
  by: null,
  filters: {},
  compare: null,
  ...more,
});

async function recording() {
  const worker = await WorkerProcess.start({ home: tempFolder() });
  await worker.consent();
  const events = [
    toolUse({ command_line: "git push", exit_code: 0, duration_ms: 1_000 }),
    toolUse({ command_line: "npm test", exit_code: 1, duration_ms: 3_000 }),
  ];
  await worker.request(RecordEventsRequest, { events });
  return worker;
}

describe("the worker answers", () => {
  it("a question by group, filter and comparison", async () => {
    const worker = await recording();
    const found = await worker.request(QueryRequest, ask({ by: "command", compare: "previous" }));
    expect(found).toMatchObject({
      by: "command",
      before: null,
      groups: [
        { key: "git push", measures: { runs: { count: 1, ok: 1 }, waitingMs: 1_000 } },
        { key: "npm test", measures: { runs: { count: 1, failed: 1 } } },
      ],
    });
    const part = await worker.request(QueryRequest, ask({ filters: { class: "check" } }));
    expect(part.total.runs).toMatchObject({ count: 1, failure: { rate: 1, sample: 1 } });
    expect(await worker.request(FirstTryRequest, ask())).toEqual({ groups: [], isCut: false });
    expect(await worker.request(FirstTryRequest, ask({ filters: { tool: "edit_file" } }))).toBeNull();
  });

  it("sessions and the timeline of one", async () => {
    const worker = await recording();
    const { sessions } = await worker.request(SessionsRequest, { question: ask(), limit: 5 });
    expect(sessions.length).toBeGreaterThan(0);
    const names: string[] = [];
    for (const { id } of sessions)
      names.push(...((await worker.request(TimelineRequest, { id })) ?? []).map(({ name }) => name));
    expect(names).toEqual(expect.arrayContaining(["git push", "npm test"]));
    expect(await worker.request(TimelineRequest, { id: "ffffffff" })).toBeNull();
  });

  it("nothing after a purge, and an error for what it does not know", async () => {
    const worker = await recording();
    expect((await worker.request(QueryRequest, ask())).total.runs.count).toBe(2);
    await worker.request(PurgeRequest, {});
    expect((await worker.request(QueryRequest, ask())).total.runs.count).toBe(0);
    const wrong = { ...ask(), filters: { colour: "red" } } as unknown as Question;
    await expect(worker.request(QueryRequest, wrong)).rejects.toThrow(/expected one of/);
    const reversed = ask({ period: { period: "custom", from: "2026-03-02", to: "2026-03-01" } });
    await expect(worker.request(QueryRequest, reversed)).rejects.toThrow("before the first");
  });
});

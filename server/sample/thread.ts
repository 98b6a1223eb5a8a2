/** A thread of the editor's extension host that answers questions about the sample, each by its number. */
import { parentPort } from "node:worker_threads";
import type { SampleReply, SampleRequest } from "../../shared/protocol/sample.ts";
import { SampleAnswers } from "./sample-answers.ts";

const answers = new SampleAnswers();

parentPort?.on("message", ({ id, question }: SampleRequest) => {
  const reply = (part: Omit<SampleReply, "id">) => parentPort?.postMessage({ id, ...part } satisfies SampleReply);
  try {
    reply({ answer: answers.answer(question), failure: null });
  } catch (error) {
    reply({ answer: null, failure: error instanceof Error ? error.message : "The question failed." });
  }
});

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { tempFolder } from "../../test/fixtures/temp-folder.ts";
import { SampleData } from "./sample-data.ts";

const question = { kind: "timeline", params: { id: "s1" } } as const;

/** The sample of an extension whose thread runs this script. */
function sampleWith(script: string): SampleData {
  const folder = tempFolder();
  mkdirSync(join(folder, "dist"));
  writeFileSync(join(folder, "dist", "sample.cjs"), script);
  return new SampleData(folder);
}

const port = 'const { parentPort } = require("node:worker_threads");';

describe("the thread of the sample", () => {
  it("gives each question its own answer, also out of order", async () => {
    const sample = sampleWith(`${port}
      const waiting = [];
      parentPort.on("message", ({ id, question }) => {
        waiting.unshift({ id, answer: { kind: question.kind, result: id }, failure: null });
        if (waiting.length === 2) for (const reply of waiting) parentPort.postMessage(reply);
      });`);
    expect(await Promise.all([sample.ask(question), sample.ask(question)])).toMatchObject([
      { result: 1 },
      { result: 2 },
    ]);
    sample.dispose();
  });

  it("rejects a question that fails, and goes on", async () => {
    const sample = sampleWith(`${port}
      parentPort.on("message", ({ id }) =>
        parentPort.postMessage(id === 1 ? { id, answer: null, failure: "Too long." } : { id, answer: {}, failure: null }));`);
    await expect(sample.ask(question)).rejects.toThrow("Too long.");
    await expect(sample.ask(question)).resolves.toEqual({});
    expect(sample.isBroken).toBe(false);
    sample.dispose();
  });

  it("is broken where the editor's Node has no SQLite", async () => {
    const sample = sampleWith('const { DatabaseSync } = process.getBuiltinModule("node:nothing");');
    await expect(sample.ask(question)).rejects.toThrow();
    expect(sample.isBroken).toBe(true);
  });

  it("rejects pending questions when it is closed, is not broken by that, and answers the next one", async () => {
    const sample = sampleWith(
      `${port} parentPort.on("message", ({ id }) => id > 1 && parentPort.postMessage({ id, answer: {} }));`,
    );
    const first = sample.ask(question);
    sample.dispose();
    await expect(first).rejects.toThrow("The sample was closed.");
    expect(sample.isBroken).toBe(false);
    await expect(sample.ask(question)).resolves.toEqual({});
    sample.dispose();
  });
});

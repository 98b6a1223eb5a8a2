import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canary, codexHistory, historyFolders, type Used, writeHistory } from "../../test/fixtures/agent-history.ts";
import { inventedAgents, inventors } from "../../test/fixtures/histories/histories.ts";
import { tempFolder } from "../../test/fixtures/temp-folder.ts";
import { historyAgents, readAgentHistory } from "./agent-history.ts";
import type { History } from "./records.ts";

function usedIn({ responses, tools }: History): Used {
  const sum = (of: (tokens: History["responses"][number]["tokens"]) => number) =>
    responses.reduce((all, { tokens }) => all + of(tokens), 0);
  return {
    input: sum(({ input }) => input),
    cached: sum(({ cacheRead }) => cacheRead),
    written: sum(({ cacheWrite5m, cacheWrite1h }) => cacheWrite5m + cacheWrite1h),
    output: sum(({ output }) => output),
    responses: responses.length,
    tools: tools.length,
    failed: tools.filter(({ outcome }) => outcome === "failed").length,
  };
}

const seeds = fc.integer({ min: 1, max: 1_000_000 });

describe("the history of an agent", () => {
  it("can be read of each agent that has an invented one", () => {
    expect([...historyAgents].sort()).toEqual([...inventedAgents].sort());
  });

  it.each(inventedAgents)("counts what %s really used, once, and takes no text", (agent) => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const home = tempFolder();
        const invented = inventors[agent](seed);
        writeHistory(join(home, historyFolders[agent]), invented);
        const [history] = readAgentHistory([agent], home, {});
        if (history === undefined) throw new Error("no history");
        expect(usedIn(history)).toEqual(invented.used);
        expect(JSON.stringify(history)).not.toContain(canary);
        // Each file but a document ends with a line that is cut.
        const cut = [...invented.files.keys()].filter((path) => path.endsWith(".jsonl")).length;
        expect(history).toMatchObject({ skippedLines: cut, unreadable: [] });
      }),
      { numRuns: 60 },
    );
  });

  it("counts Codex's threads the same when some are compressed, also beside the plain file", () => {
    for (const seed of [1, 2, 3]) {
      const home = tempFolder();
      const invented = codexHistory(seed);
      for (const [n, [path, text]] of [...invented.files].entries()) {
        const file = join(home, historyFolders.codex, path);
        mkdirSync(dirname(file), { recursive: true });
        if (n % 3 !== 1) writeFileSync(file, text);
        if (n % 3 !== 2) writeFileSync(`${file}.zst`, zstdCompressSync(text));
      }
      const [history] = readAgentHistory(["codex"], home, {});
      if (history === undefined) throw new Error("no history");
      expect(usedIn(history)).toEqual(invented.used);
      expect(history.unreadable).toEqual([]);
    }
  });
});

/** Secrets and personal data in every text of agents' histories: nothing of them reaches the database or any other file. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { generatedCorpus } from "../../scripts/privacy/corpus/generated.ts";
import { foundIn, needlesOf } from "../../scripts/privacy/search.ts";
import { HistoryImporter } from "../../server/worker/history-importer.ts";
import { historyFolders, type InventedHistory, random, writeHistory } from "../fixtures/agent-history.ts";
import { FixedClock } from "../fixtures/clock.ts";
import { inventedAgents, inventors } from "../fixtures/histories/histories.ts";
import { SharingWorker } from "../fixtures/sharing-worker.ts";
import { tempFolder } from "../fixtures/temp-folder.ts";

/** Without these a line says nothing that is read, so that they are mostly kept. */
const structure = new Set(["timestamp", "type", "role", "say", "ask", "createdAt", "status", "k"]);

type Chance = (share: number) => boolean;

/** A value of JSON with other texts: names, IDs, models, tools, paths and prompts. */
function planted(value: unknown, name: string, text: () => string, chance: Chance): unknown {
  if (typeof value === "string") return chance(structure.has(name) ? 0.02 : 0.5) ? text() : value;
  if (Array.isArray(value)) return value.map((one) => planted(one, name, text, chance));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [chance(0.02) ? text() : key, planted(one, key, text, chance)]),
  );
}

function plantedIn(json: string, text: () => string, chance: Chance): string {
  try {
    return JSON.stringify(planted(JSON.parse(json), "", text, chance));
  } catch {
    // A line that is cut.
    return json;
  }
}

function attacked(
  { files, databases = new Map(), used }: InventedHistory,
  text: () => string,
  chance: Chance,
): InventedHistory {
  return {
    used,
    files: new Map(
      [...files].map(([path, lines]) => [
        path,
        path.endsWith(".json")
          ? plantedIn(lines, text, chance)
          : lines
              .split("\n")
              .map((line) => plantedIn(line, text, chance))
              .join("\n"),
      ]),
    ),
    databases: new Map(
      [...databases].map(([path, { rows, ...of }]) => [
        path,
        {
          ...of,
          rows: Object.fromEntries(
            Object.entries(rows).map(([table, list]) => [
              table,
              list.map((row) => row.map((value) => (isDocument(value) ? plantedIn(value, text, chance) : value))),
            ]),
          ),
        },
      ]),
    ),
  };
}

const isDocument = (value: unknown): value is string => typeof value === "string" && /^[[{]/.test(value);

it("lets no planted text out of any agent's history", async () => {
  const cases = generatedCorpus(20_261_127, 1).flatMap((group) => group.cases);
  expect(cases.length).toBeGreaterThan(100);
  const { upTo, one, chance } = random(8);
  const machine = new SharingWorker({ clock: new FixedClock(Date.UTC(2026, 6, 1, 12)) });
  machine.consent("local");
  const importer = new HistoryImporter(machine.core);
  let stored = 0;
  for (let round = 0; round < 3; round += 1) {
    const files = tempFolder();
    for (const agent of inventedAgents) {
      const invented = attacked(inventors[agent](1 + upTo(1_000)), () => one(cases).text, chance);
      writeHistory(join(files, historyFolders[agent]), invented);
    }
    const planned = importer.plan(inventedAgents, files, {}, () => undefined);
    const imported = await importer.import(planned, false, () => undefined);
    stored += imported.reduce((sum, { added }) => sum + added, 0);
  }
  expect(stored).toBeGreaterThan(100);
  machine.core.store.withExistingDatabase((connection) => connection.exec("PRAGMA wal_checkpoint(TRUNCATE)"));
  const planted = needlesOf(cases.flatMap(({ needles }) => needles));
  expect([...foundIn(machine.home, "", planted)]).toEqual([]);
  // The same search finds what is there.
  writeFileSync(join(machine.home, "control"), planted[0] ?? "");
  expect([...foundIn(machine.home, "", planted)]).toEqual(planted.slice(0, 1));
});

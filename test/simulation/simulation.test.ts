/**
 * Runs the built product in simulated time, and compares events, totals, ledger and server with an
 * independent model after each day. `npm run test:long -- simulation` runs 400 days, `npm test` the
 * first weeks with the same seed.
 */
import { expect, it } from "vitest";
import { dayMs } from "./model.ts";
import { Random } from "./random.ts";
import { World } from "./world.ts";

const days = Number(process.env["NEXUS_SIMULATED_DAYS"] ?? 45);
const seed = Number(process.env["NEXUS_SIMULATION_SEED"] ?? 20_261_125);

/** Incidents by day; the first weeks contain each kind. */
const incidents: Readonly<Record<number, (world: World) => Promise<void> | void>> = {
  3: (world) => world.append(30),
  5: (world) => world.backUp(),
  6: (world) => world.restore(),
  // A clock that is briefly 100 days ahead: its events stay in the future for that time.
  8: async (world) => {
    await world.setWrong(100 * dayMs);
    await world.record(5);
    await world.setWrong(0);
    world.model.hold(world.nowMs + 101 * dayMs);
  },
  10: (world) => world.endWorker(),
  12: (world) => world.setServer(false),
  14: (world) => world.configure("max_db_size_mb = 1\n"),
  // A clock that is a year behind the consent: whether such events are shared depends on the time
  // of import.
  16: async (world) => {
    await world.setWrong(-365 * dayMs);
    await world.record(5, "may");
    await world.setWrong(0);
  },
  20: (world) => world.setServer(true),
  24: (world) => world.purge(),
  26: async (world) => {
    await world.setWrong(365 * dayMs);
    await world.record(5);
    await world.purge();
    await world.setWrong(0);
    await world.record(5);
  },
  30: (world) => world.loseDatabase(),
  // Six weeks without a server.
  60: (world) => world.setServer(false),
  102: (world) => world.setServer(true),
  150: (world) => world.backUp(),
  151: (world) => world.restore(),
  200: (world) => world.configure("max_db_size_mb = 100\n"),
  220: async (world) => {
    await world.setWrong(365 * dayMs);
    await world.record(5);
    await world.setWrong(0);
    await world.purge();
  },
  260: (world) => world.setServer(false),
  263: (world) => world.purge(),
  265: (world) => world.setServer(true),
};

it(
  `invariant: never-lost-never-twice: matches the model for ${days} simulated days (seed ${seed})`,
  async () => {
    const random = new Random(seed);
    const world = await World.begin(random);
    let isOn = true;
    while (world.day < days) {
      await incidents[world.day]?.(world);
      if (world.day === 12 || world.day === 60 || world.day === 260) isOn = false;
      if (world.day === 20 || world.day === 102 || world.day === 265) isOn = true;
      await world.record(1 + random.below(20));
      if (random.chance(0.6)) world.append(1 + random.below(15));
      if (random.chance(0.15)) await world.endWorker();
      await world.command("usage", "import");
      const report = await world.sync(random.chance(0.4));
      expect([world.day, report.outcome]).toEqual([world.day, isOn ? "done" : "waiting"]);
      expect(world.differences(isOn), `day ${world.day}`).toEqual([]);
      if (world.day >= 14 && world.day < 200) expect(world.databaseBytes).toBeLessThan(1.5 * 1024 * 1024);
      world.nextDay();
    }
    await world.endWorker();
  },
  days * 4_000 + 60_000,
);

/** Metrics labels come from closed lists, so that clients cannot create new series. */
import { expect, it } from "vitest";
import { ServerMetrics } from "./metrics.ts";

const known = new Set(["0.8.0", "0.9.0"]);

it("labels released versions and counts all other claimed versions as one", async () => {
  const watch = new ServerMetrics({ waitingBytes: () => 0, erasures: () => 3, versions: known });
  let nowMs = 0;
  const raise = (version: string) => {
    for (let n = 0; n < 40; n += 1) {
      watch.alarm.count(version, "taken", nowMs);
      watch.alarm.count(version, "leaked", nowMs);
    }
  };
  const series = async () => {
    const text = await watch.metrics.metrics();
    return text.split("\n").filter((line) => line.startsWith("nexus_leak_alarm{"));
  };
  for (let scrape = 0; scrape < 20; scrape += 1) {
    for (let n = 0; n < 200; n += 1) raise(`7.${scrape}.${n}`);
    raise("0.9.0");
    const lines = await series();
    expect(lines.length).toBeLessThanOrEqual(known.size + 1);
    expect(lines).toContain('nexus_leak_alarm{version="0.9.0"} 1');
    expect(lines).toContain('nexus_leak_alarm{version="other"} 1');
    nowMs += 3_600_000;
  }
  expect(await watch.metrics.metrics()).toContain("nexus_erasures_waiting 3");
});

it("counts every refused request by status and error", async () => {
  const watch = new ServerMetrics({ waitingBytes: () => 0, erasures: () => 0, versions: known });
  for (const [status, error] of [
    [429, "too_many"],
    [429, "too_many"],
    [401, "not_enrolled"],
  ] as const)
    watch.requestRefused(status, error);
  expect(await watch.metrics.metrics()).toContain('nexus_requests_refused_total{status="429",error="too_many"} 2');
  expect(watch.takeCounts()).toEqual(
    new Map([
      ["requests_refused_429", 2],
      ["requests_refused_401", 1],
    ]),
  );
});

import type { DurableLog, LogPosition } from "../log/durable-log.ts";

/** The texts of a log from a place on, read in small pieces. */
export async function readAll(
  log: DurableLog,
  from: LogPosition = log.beginning(),
  before?: LogPosition,
): Promise<readonly string[]> {
  const texts: string[] = [];
  for (let place = from; ; ) {
    const records = await log.read(place, 1_000, before);
    if (records.length === 0) return texts;
    texts.push(...records.map(({ text }) => text));
    place = records.at(-1)?.next ?? place;
  }
}

import type { DurableLog, LogPosition } from "../log/durable-log.ts";

/** Reads all texts of a log from a position on, in small chunks. */
export async function readAll(
  log: DurableLog,
  from: LogPosition = log.beginning(),
  before?: LogPosition,
): Promise<readonly string[]> {
  const texts: string[] = [];
  for (let position = from; ; ) {
    const records = await log.read(position, 1_000, before);
    if (records.length === 0) return texts;
    texts.push(...records.map(({ text }) => text));
    position = records.at(-1)?.next ?? position;
  }
}

/** Opens the configured durable log. */
import { join } from "node:path";
import type { Config } from "../config.ts";
import { kafkaAddress } from "../kafka-address.ts";
import type { DurableLog } from "./durable-log.ts";
import { SegmentLog } from "./segments.ts";

/** @throws CorruptLogError; the file system's or the brokers' error. */
export async function openLog({ log, log_partitions: partitions, data }: Config): Promise<DurableLog> {
  const address = kafkaAddress(log);
  if (address === undefined) return SegmentLog.open(join(data, "log"));
  // Loaded only when Kafka is configured.
  const { KafkaLog } = await import("./kafka.ts");
  return KafkaLog.open(address, partitions, join(data, "log-keys.json"));
}

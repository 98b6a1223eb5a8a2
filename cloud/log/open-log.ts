/** The event log that is configured. */
import { join } from "node:path";
import type { Config } from "../config.ts";
import { kafkaAddress } from "../kafka-address.ts";
import type { DurableLog } from "./durable-log.ts";
import { SegmentLog } from "./segments.ts";

/** @throws DamagedLogError, the file system's error, what the brokers say. */
export async function openLog({ log, log_partitions: partitions, data }: Config): Promise<DurableLog> {
  const address = kafkaAddress(log);
  if (address === undefined) return SegmentLog.open(join(data, "log"));
  // Loaded where it is used: without Kafka nothing of it is.
  const { KafkaLog } = await import("./kafka.ts");
  return KafkaLog.open(address, partitions, join(data, "log-keys.json"));
}

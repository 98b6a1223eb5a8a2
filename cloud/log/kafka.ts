/**
 * The durable log on Kafka: one topic per server, partitioned by pseudonym, acknowledged by all
 * in-sync replicas, written by an idempotent producer. A position is one offset per partition.
 * Records are encrypted (`record-encryption.ts`), so brokers never have readable data.
 *
 * The pipeline stores its own offsets. Consumer group offsets are written for monitoring only.
 */
import { Admin, Consumer, Producer } from "@platformatic/kafka";
import type { KafkaAddress } from "../kafka-address.ts";
import { ChangeNotifier } from "./change-notifier.ts";
import { CorruptLogError, type DurableLog, type LogPosition, type LogRecord } from "./durable-log.ts";
import { compress, RecordEncryption } from "./record-encryption.ts";

/** As in `segments.ts`: larger than any batch. */
const maxRecordBytes = 16 * 1_048_576;
/** Maximum characters of one produce request, and maximum bytes of one fetch response. */
const [maxGroupChars, fetchBytes] = [8 * 1_048_576, 24 * 1_048_576];
/** Limit for records that wait to be sent. */
const maxWaitingChars = 32 * 1_048_576;
/** Timeouts in milliseconds and retries. After that the client gets 503 and repeats the batch. */
const retryOptions = { timeout: 10_000, connectTimeout: 5_000, retries: 3, retryDelay: 200 };
const group = "nexus-cloud";
const [earliest, latest] = [-2n, -1n];

interface PendingAppend {
  readonly partition: number;
  readonly chars: number;
  /** The compressed text. */
  readonly content: Promise<Buffer>;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

interface PendingRotation {
  readonly done: (position: LogPosition) => void;
  readonly failed: (error: unknown) => void;
}

interface Clients {
  readonly admin: Admin;
  readonly producer: Producer;
  readonly consumer: Consumer;
}

/**
 * FNV-1a (draft-eastlake-fnv). Kafka's default is murmur2, but any evenly distributed hash works.
 */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(key)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

const optionsOf = ({ brokers, tls, sasl }: KafkaAddress) => ({
  clientId: group,
  bootstrapBrokers: [...brokers],
  ...retryOptions,
  ...(tls ? { tls: {} } : {}),
  ...(sasl === undefined ? {} : { sasl: { mechanism: "SCRAM-SHA-512" as const, ...sasl } }),
});

/** Returns whether a broker responds. */
export async function brokersAnswer(address: KafkaAddress): Promise<boolean> {
  const admin = new Admin(optionsOf(address));
  try {
    await admin.listTopics();
    return true;
  } catch {
    return false;
  } finally {
    await admin.close();
  }
}

export class KafkaLog implements DurableLog {
  readonly #clients: Clients;
  readonly #topic: string;
  readonly #topicId: string;
  readonly #encryption: RecordEncryption;
  readonly #notifier = new ChangeNotifier();
  /** Offset per partition. */
  #begin: number[];
  #end: number[];
  #waiting: PendingAppend[] = [];
  #rotations: PendingRotation[] = [];
  #waitingChars = 0;
  #sending: Promise<void> | undefined;
  /** Records sent so far; their mean size estimates the size of waiting ones. */
  #sent = { records: 0, bytes: 0 };

  private constructor(
    clients: Clients,
    topic: { readonly name: string; readonly id: string; readonly begin: number[]; readonly end: number[] },
    encryption: RecordEncryption,
  ) {
    this.#clients = clients;
    this.#topic = topic.name;
    this.#topicId = topic.id;
    this.#begin = topic.begin;
    this.#end = topic.end;
    this.#encryption = encryption;
  }

  /**
   * Opens the log, creating the topic if needed. `keys`: file of the encryption keys.
   * @throws the brokers' error.
   */
  static async open(address: KafkaAddress, partitions: number, keys: string): Promise<KafkaLog> {
    const { topic } = address;
    const common = optionsOf(address);
    const clients: Clients = {
      admin: new Admin(common),
      producer: new Producer({ ...common, idempotent: true, acks: -1 }),
      consumer: new Consumer({ ...common, groupId: group, maxBytes: fetchBytes }),
    };
    try {
      const known = await clients.admin.listTopics();
      if (!known.includes(topic)) {
        const configs = { "retention.ms": "-1", "retention.bytes": "-1", "cleanup.policy": "delete" };
        const sizes = { "max.message.bytes": String(2 * maxRecordBytes), "compression.type": "producer" };
        await clients.admin.createTopics({
          topics: [topic],
          // -1: the brokers' default.replication.factor.
          partitions,
          replicas: -1,
          configs: Object.entries({ ...configs, ...sizes }).map(([name, value]) => ({ name, value })),
        });
      }
      clients.consumer.topics.track(topic);
      const metadata = (await clients.consumer.metadata({ topics: [topic], forceUpdate: true })).topics.get(topic);
      const count = metadata?.partitionsCount ?? 0;
      if (count === 0) throw new Error(`The topic ${topic} is not available yet. Start the server again.`);
      const offsets = async (timestamp: bigint) => {
        const partitions = Array.from({ length: count }, (_, partitionIndex) => ({ partitionIndex, timestamp }));
        const [listed] = await clients.admin.listOffsets({ topics: [{ name: topic, partitions: partitions }] });
        const found = new Map(listed?.partitions.map(({ partitionIndex: n, offset }) => [n, Number(offset)]));
        return partitions.map(({ partitionIndex }) => found.get(partitionIndex) ?? 0);
      };
      const part = { name: topic, id: metadata?.id ?? "", begin: await offsets(earliest), end: await offsets(latest) };
      return new KafkaLog(clients, part, await RecordEncryption.open(keys));
    } catch (error) {
      await closeClients(clients);
      throw error;
    }
  }

  append(key: string, text: string): Promise<void> {
    if (text.length > maxRecordBytes) return Promise.reject(new Error("record too large"));
    if (this.#waitingChars > maxWaitingChars) return Promise.reject(new Error("the brokers are behind"));
    this.#waitingChars += text.length;
    const [partition, content] = [hashOf(key) % this.#end.length, compress(text)];
    return new Promise((done, failed) => {
      // In order of arrival, whichever is compressed first.
      this.#waiting.push({ partition, chars: text.length, content, done, failed });
      this.#sending ??= this.#send();
    });
  }

  /** Sends one group after the other, which keeps the order per key. */
  async #send(): Promise<void> {
    while (this.#waiting.length > 0 || this.#rotations.length > 0) {
      let chars = 0;
      const size = this.#waiting.findIndex((append) => {
        chars += append.chars;
        return chars >= maxGroupChars;
      });
      const group = this.#waiting.splice(0, size === -1 ? this.#waiting.length : size + 1);
      this.#waitingChars -= group.reduce((sum, append) => sum + append.chars, 0);
      const rotations = this.#waiting.length === 0 ? this.#rotations.splice(0) : [];
      try {
        await this.#sendGroup(group);
        for (const { done } of group) done();
        if (rotations.length > 0) await this.#encryption.rotateKey(this.end());
        for (const { done } of rotations) done(this.end());
        this.#notifier.notify();
      } catch (error) {
        // Waiting appends would run into the same timeout, so they fail at once.
        for (const { failed } of [...group, ...rotations, ...this.#waiting, ...this.#rotations]) failed(error);
        [this.#waiting, this.#rotations, this.#waitingChars] = [[], [], 0];
      }
    }
    this.#sending = undefined;
  }

  async #sendGroup(waiting: readonly PendingAppend[]): Promise<void> {
    if (waiting.length === 0) return;
    const contents = await Promise.all(waiting.map(({ content }) => content));
    const messages = waiting.map(({ partition }, n) => {
      const value = this.#encryption.encrypt(contents[n] ?? Buffer.alloc(0));
      this.#sent.records += 1;
      this.#sent.bytes += value.length;
      return { topic: this.#topic, partition, value };
    });
    const { offsets = [] } = await this.#clients.producer.send({ messages });
    for (const { partition, offset } of offsets) {
      this.#end[partition] = Number(offset) + messages.filter((message) => message.partition === partition).length;
    }
  }

  /** Kafka's ID of the topic. */
  get id(): string {
    return this.#topicId;
  }

  beginning(): LogPosition {
    return positionOf(this.#begin);
  }

  end(): LogPosition {
    return positionOf(this.#end);
  }

  async read(from: LogPosition, maxChars: number, before: LogPosition = this.end()): Promise<readonly LogRecord[]> {
    const records: LogRecord[] = [];
    const at = this.#begin.map((begin, partition) => Math.max(begin, from[partition] ?? 0));
    const total = at.reduce((sum, offset) => sum + offset, 0);
    let chars = 0;
    // Partitions take turns in being read first.
    for (let n = 0; n < at.length; n += 1) {
      const partition = (n + total) % at.length;
      const end = before[partition] ?? 0;
      if ((at[partition] ?? 0) > (this.#end[partition] ?? 0)) throw this.#missing(partition, at[partition] ?? 0);
      for (let offset = at[partition] ?? 0; offset < end && chars < maxChars; ) {
        const fetched = await this.#fetch(partition, offset);
        for (const [recordOffset, value] of fetched) {
          if (recordOffset >= end || chars >= maxChars) break;
          const text = await this.#encryption.decrypt(value);
          chars += text.length;
          offset = recordOffset + 1;
          at[partition] = offset;
          records.push({ text, next: positionOf(at) });
        }
      }
    }
    return records;
  }

  /** Fetches some records of a partition from an offset on, with their offsets. */
  async #fetch(partition: number, offset: number): Promise<readonly (readonly [number, Buffer])[]> {
    const requested = {
      partition,
      fetchOffset: BigInt(offset),
      partitionMaxBytes: fetchBytes,
      currentLeaderEpoch: -1,
      lastFetchedEpoch: -1,
    };
    const topics = [{ topicId: this.#topicId, partitions: [requested] }];
    const { responses } = await this.#clients.consumer
      .fetch({ node: 0, topics, maxWaitTime: 1_000 })
      .catch((error: unknown) => {
        const code = "OFFSET_OUT_OF_RANGE";
        const isOutOfRange = String(error).includes(code) || hasCode(error, code);
        throw isOutOfRange ? this.#missing(partition, offset) : error;
      });
    const batches = responses[0]?.partitions.find(({ partitionIndex }) => partitionIndex === partition)?.records ?? [];
    const found = batches.flatMap(({ firstOffset, records }) =>
      records.map(({ offsetDelta, value }) => [Number(firstOffset) + offsetDelta, value ?? Buffer.alloc(0)] as const),
    );
    const requestedRecords = found.filter(([recordOffset]) => recordOffset >= offset);
    const [first] = requestedRecords;
    if (first !== undefined && first[0] > offset) throw this.#missing(partition, offset);
    return requestedRecords;
  }

  #missing(partition: number, offset: number): CorruptLogError {
    return new CorruptLogError(
      `${this.#topic}, partition ${partition}: record ${offset} is missing on the broker. Restore the original topic.`,
    );
  }

  async waitAfter(position: LogPosition, signal: AbortSignal): Promise<void> {
    if (this.#recordsAfter(position) === 0) await this.#notifier.next(signal);
  }

  #recordsAfter(position: LogPosition): number {
    return this.#end.reduce(
      (sum, end, n) => sum + Math.max(0, end - Math.max(position[n] ?? 0, this.#begin[n] ?? 0)),
      0,
    );
  }

  bytesAfter(position: LogPosition): number {
    const { records, bytes } = this.#sent;
    return this.#recordsAfter(position) * (records === 0 ? 1_000 : bytes / records);
  }

  rotate(): Promise<LogPosition> {
    return new Promise((done, failed) => {
      this.#rotations.push({ done, failed });
      this.#sending ??= this.#send();
    });
  }

  async dropBefore(position: LogPosition): Promise<void> {
    const offsets = this.#begin.map((begin, partition) => Math.max(begin, position[partition] ?? 0));
    const moved = offsets
      .map((offset, partition) => ({ partition, offset: BigInt(offset) }))
      .filter(({ partition, offset }) => Number(offset) > (this.#begin[partition] ?? 0));
    if (moved.length > 0) {
      const { admin } = this.#clients;
      await admin.alterConsumerGroupOffsets({
        groupId: group,
        topics: [{ name: this.#topic, partitionOffsets: moved }],
      });
      await admin.deleteRecords({ topics: [{ name: this.#topic, partitions: moved }] });
      this.#begin = offsets;
    }
    await this.#encryption.forgetBefore(position);
  }

  async probe(): Promise<void> {
    if (this.#waitingChars > maxWaitingChars) throw new Error("the brokers are behind");
    await this.#clients.consumer.metadata({ topics: [this.#topic], forceUpdate: true });
  }

  async close(): Promise<void> {
    while (this.#sending !== undefined) await this.#sending;
    await closeClients(this.#clients);
  }
}

const positionOf = (offsets: readonly number[]): LogPosition => Object.fromEntries(offsets.entries());

function hasCode(error: unknown, code: string): boolean {
  if (typeof error !== "object" || error === null) return false;
  if (Reflect.get(error, "apiId") === code) return true;
  const inner: unknown = Reflect.get(error, "errors") ?? [];
  return (
    (Array.isArray(inner) && inner.some((cause) => hasCode(cause, code))) || hasCode(Reflect.get(error, "cause"), code)
  );
}

async function closeClients({ admin, producer, consumer }: Clients): Promise<void> {
  await Promise.all([admin.close(), producer.close(), consumer.close(true)]);
}

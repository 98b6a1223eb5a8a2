/**
 * The event log on Kafka: one topic of this server's own, its partitions by pseudonym; acknowledged by all replicas in sync, written by an idempotent
 * producer. A place is the offset of each partition. Records are sealed, so that brokers hold nothing that can be read (`seal.ts`).
 *
 * The warehouse reads ranges of offsets and remembers them itself; the group's offsets are written as well, for whoever watches Kafka.
 */
import { Admin, Consumer, Producer } from "@platformatic/kafka";
import type { KafkaAddress } from "../kafka-address.ts";
import { ChangeNotifier } from "./change-notifier.ts";
import { CorruptLogError, type DurableLog, type LogPosition, type LogRecord } from "./durable-log.ts";
import { compress, RecordEncryption } from "./record-encryption.ts";

/** As in files: more no batch has. */
const maxRecordBytes = 16 * 1_048_576;
/** Characters of one sending, and bytes of one answer of a broker. */
const [maxGroupChars, fetchBytes] = [8 * 1_048_576, 24 * 1_048_576];
/** So many may wait to be sent. */
const maxWaitingChars = 32 * 1_048_576;
/** Milliseconds a broker is waited for, and how often it is asked again. A sender then gets 503, and repeats. */
const patience = { timeout: 10_000, connectTimeout: 5_000, retries: 3, retryDelay: 200 };
const group = "nexus-cloud";
const [earliest, latest] = [-2n, -1n];

interface PendingAppend {
  readonly partition: number;
  readonly chars: number;
  /** Being packed. */
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

/** Kafka's own default is murmur2; here any that is even will do (FNV-1a, draft-eastlake-fnv). */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(key)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

const optionsOf = ({ brokers, tls, sasl }: KafkaAddress) => ({
  clientId: group,
  bootstrapBrokers: [...brokers],
  ...patience,
  ...(tls ? { tls: {} } : {}),
  ...(sasl === undefined ? {} : { sasl: { mechanism: "SCRAM-SHA-512" as const, ...sasl } }),
});

/** Whether one can be asked. */
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
  /** By partition. */
  #begin: number[];
  #end: number[];
  #waiting: PendingAppend[] = [];
  #turning: PendingRotation[] = [];
  #waitingChars = 0;
  #sending: Promise<void> | undefined;
  /** Of records that were seen: their mean is what one that waits is taken for. */
  #seen = { records: 0, bytes: 0 };

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

  /** Makes the topic where it is missing. `keys`: the file of the keys that seal. @throws what the brokers say. */
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
          // As many copies as the brokers are told to make.
          partitions,
          replicas: -1,
          configs: Object.entries({ ...configs, ...sizes }).map(([name, value]) => ({ name, value })),
        });
      }
      clients.consumer.topics.track(topic);
      const metadata = (await clients.consumer.metadata({ topics: [topic], forceUpdate: true })).topics.get(topic);
      const count = metadata?.partitionsCount ?? 0;
      if (count === 0) throw new Error(`The brokers do not have ${topic} yet. Start once more.`);
      const offsets = async (timestamp: bigint) => {
        const partitions = Array.from({ length: count }, (_, partitionIndex) => ({ partitionIndex, timestamp }));
        const [listed] = await clients.admin.listOffsets({ topics: [{ name: topic, partitions: partitions }] });
        const found = new Map(listed?.partitions.map(({ partitionIndex: n, offset }) => [n, Number(offset)]));
        return partitions.map(({ partitionIndex }) => found.get(partitionIndex) ?? 0);
      };
      const part = { name: topic, id: metadata?.id ?? "", begin: await offsets(earliest), end: await offsets(latest) };
      return new KafkaLog(clients, part, await RecordEncryption.open(keys));
    } catch (error) {
      await closed(clients);
      throw error;
    }
  }

  append(key: string, text: string): Promise<void> {
    if (text.length > maxRecordBytes) return Promise.reject(new Error("a record that is too long"));
    if (this.#waitingChars > maxWaitingChars) return Promise.reject(new Error("the brokers are behind"));
    this.#waitingChars += text.length;
    const [partition, content] = [hashOf(key) % this.#end.length, compress(text)];
    return new Promise((done, failed) => {
      // In the order in which they came, whichever is packed first.
      this.#waiting.push({ partition, chars: text.length, content, done, failed });
      this.#sending ??= this.#send();
    });
  }

  /** One group after the other, so that what a key's records have for an order is kept. */
  async #send(): Promise<void> {
    while (this.#waiting.length > 0 || this.#turning.length > 0) {
      let chars = 0;
      const size = this.#waiting.findIndex((one) => {
        chars += one.chars;
        return chars >= maxGroupChars;
      });
      const group = this.#waiting.splice(0, size === -1 ? this.#waiting.length : size + 1);
      this.#waitingChars -= group.reduce((sum, one) => sum + one.chars, 0);
      const turning = this.#waiting.length === 0 ? this.#turning.splice(0) : [];
      try {
        await this.#sendGroup(group);
        for (const { done } of group) done();
        if (turning.length > 0) await this.#encryption.rotateKey(this.end());
        for (const { done } of turning) done(this.end());
        this.#notifier.notify();
      } catch (error) {
        // What waits behind it would wait as long: its senders are told at once.
        for (const { failed } of [...group, ...turning, ...this.#waiting, ...this.#turning]) failed(error);
        [this.#waiting, this.#turning, this.#waitingChars] = [[], [], 0];
      }
    }
    this.#sending = undefined;
  }

  async #sendGroup(waiting: readonly PendingAppend[]): Promise<void> {
    if (waiting.length === 0) return;
    const contents = await Promise.all(waiting.map(({ content }) => content));
    const messages = waiting.map(({ partition }, n) => {
      const value = this.#encryption.encrypt(contents[n] ?? Buffer.alloc(0));
      this.#seen.records += 1;
      this.#seen.bytes += value.length;
      return { topic: this.#topic, partition, value };
    });
    const { offsets = [] } = await this.#clients.producer.send({ messages });
    for (const { partition, offset } of offsets) {
      this.#end[partition] = Number(offset) + messages.filter((one) => one.partition === partition).length;
    }
  }

  /** Kafka's own id of the topic. */
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
    // Each partition is first in its turn.
    for (let n = 0; n < at.length; n += 1) {
      const partition = (n + total) % at.length;
      const end = before[partition] ?? 0;
      if ((at[partition] ?? 0) > (this.#end[partition] ?? 0)) throw this.#gone(partition, at[partition] ?? 0);
      for (let offset = at[partition] ?? 0; offset < end && chars < maxChars; ) {
        const fetched = await this.#fetch(partition, offset);
        for (const [own, value] of fetched) {
          if (own >= end || chars >= maxChars) break;
          const text = await this.#encryption.decrypt(value);
          chars += text.length;
          offset = own + 1;
          at[partition] = offset;
          records.push({ text, next: positionOf(at) });
        }
      }
    }
    return records;
  }

  /** Records of a partition with their offsets, some of those from an offset on. */
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
        const isOut = String(error).includes("OFFSET_OUT_OF_RANGE") || hasCode(error, "OFFSET_OUT_OF_RANGE");
        throw isOut ? this.#gone(partition, offset) : error;
      });
    const batches = responses[0]?.partitions.find(({ partitionIndex }) => partitionIndex === partition)?.records ?? [];
    const found = batches.flatMap(({ firstOffset, records }) =>
      records.map(({ offsetDelta, value }) => [Number(firstOffset) + offsetDelta, value ?? Buffer.alloc(0)] as const),
    );
    const [first] = found.filter(([own]) => own >= offset);
    if (first !== undefined && first[0] > offset) throw this.#gone(partition, offset);
    return found.filter(([own]) => own >= offset);
  }

  #gone(partition: number, offset: number): CorruptLogError {
    return new CorruptLogError(
      `${this.#topic}, partition ${partition}: the broker does not have the record ${offset}: was it removed, or is it another one?`,
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
    const { records, bytes } = this.#seen;
    return this.#recordsAfter(position) * (records === 0 ? 1_000 : bytes / records);
  }

  rotate(): Promise<LogPosition> {
    return new Promise((done, failed) => {
      this.#turning.push({ done, failed });
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
    await closed(this.#clients);
  }
}

const positionOf = (offsets: readonly number[]): LogPosition => Object.fromEntries(offsets.entries());

function hasCode(error: unknown, code: string): boolean {
  if (typeof error !== "object" || error === null) return false;
  if (Reflect.get(error, "apiId") === code) return true;
  const inner: unknown = Reflect.get(error, "errors") ?? [];
  return (
    (Array.isArray(inner) && inner.some((one) => hasCode(one, code))) || hasCode(Reflect.get(error, "cause"), code)
  );
}

async function closed({ admin, producer, consumer }: Clients): Promise<void> {
  await Promise.all([admin.close(), producer.close(), consumer.close(true)]);
}

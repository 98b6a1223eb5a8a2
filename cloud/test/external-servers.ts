/** Kafka, ClickHouse's HTTP interface and PostgreSQL as separate server processes. */
import { randomUUID } from "node:crypto";
import pg from "pg";
import { ClickHouseServer } from "./clickhouse-server.ts";
import { hasKafka, KafkaBroker } from "./kafka-broker.ts";
import { hasPostgres, type PostgresProcess, startPostgres } from "./postgres-server.ts";

export const hasServers = (): boolean => hasKafka() && hasPostgres();

export interface IsolatedServers {
  /** Environment of a nexus-cloud that shares no data with others. */
  readonly env: Readonly<Record<string, string>>;
  /** Data folders of the servers. */
  readonly folders: readonly string[];
  readonly clickhouse: ClickHouseServer;
}

export class ExternalServers {
  readonly broker: KafkaBroker;
  readonly #postgres: PostgresProcess;
  readonly #clickhouses: ClickHouseServer[] = [];

  private constructor(broker: KafkaBroker, postgres: PostgresProcess) {
    this.broker = broker;
    this.#postgres = postgres;
  }

  static async start(): Promise<ExternalServers> {
    return new ExternalServers(await KafkaBroker.start(), await startPostgres());
  }

  async isolate(): Promise<IsolatedServers> {
    const name = `t${randomUUID().replaceAll("-", "")}`;
    const clickhouse = new ClickHouseServer();
    this.#clickhouses.push(clickhouse);
    await clickhouse.start();
    const client = new pg.Client({ connectionString: this.#postgres.url });
    await client.connect();
    await client.query(`CREATE DATABASE ${name}`);
    await client.end();
    return {
      env: {
        NEXUS_CLOUD_LOG: this.broker.address(name),
        NEXUS_CLOUD_LOG_PARTITIONS: "3",
        NEXUS_CLOUD_WAREHOUSE: clickhouse.url,
        NEXUS_CLOUD_AGGREGATES: new URL(`/${name}`, this.#postgres.url).href,
      },
      folders: [clickhouse.folder, this.broker.folder, this.#postgres.folder],
      clickhouse,
    };
  }

  async stop(): Promise<void> {
    for (const clickhouse of this.#clickhouses) await clickhouse.stop();
    await this.broker.stop();
    await this.#postgres.stop();
  }
}

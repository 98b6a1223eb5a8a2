/**
 * A real Kafka broker (KRaft, one node) in a temporary folder on free loopback ports; it can be
 * killed and restarted.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { endChild } from "./end-child.ts";
import { freePorts } from "./free-port.ts";

const jars = fileURLToPath(new URL("../../out/kafka/", import.meta.url));
const classPath = ["-cp", join(jars, "*")];

/** The set-up installs the jars; Java must be present. */
export const hasKafka = (): boolean =>
  existsSync(join(jars, ".nexus-setup")) && spawnSync("java", ["-version"], { stdio: "ignore" }).status === 0;

export class KafkaBroker {
  readonly folder = mkdtempSync(join(tmpdir(), "nexus-kafka-"));
  readonly #port: number;
  #process: ChildProcess | undefined;

  private constructor(port: number) {
    this.#port = port;
  }

  static async start(): Promise<KafkaBroker> {
    const [port = 0, controller = 0] = await freePorts(2);
    const broker = new KafkaBroker(port);
    const settings = {
      "process.roles": "broker,controller",
      "node.id": "1",
      "controller.quorum.bootstrap.servers": `127.0.0.1:${controller}`,
      listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}`,
      "controller.listener.names": "CONTROLLER",
      "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
      "log.dirs": join(broker.folder, "data"),
      "offsets.topic.replication.factor": "1",
      "offsets.topic.num.partitions": "1",
      "transaction.state.log.replication.factor": "1",
      "transaction.state.log.min.isr": "1",
      "auto.create.topics.enable": "false",
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
    writeFileSync(broker.#settings, lines.join(""));
    // An ID that starts with a hyphen would be parsed as an option.
    const bytes = randomBytes(16);
    bytes[0] = (bytes[0] ?? 0) & 0x3f;
    const format = ["kafka.tools.StorageTool", "format", "--standalone", "-t", bytes.toString("base64url")];
    execFileSync("java", [...classPath, ...format, "-c", broker.#settings], { stdio: "pipe" });
    await broker.startAgain();
    return broker;
  }

  get #settings(): string {
    return join(this.folder, "server.properties");
  }

  /** Returns the address of a topic. */
  address(topic: string): string {
    return `kafka://127.0.0.1:${this.#port}/${topic}`;
  }

  /** Resolves when the broker accepts requests. */
  async startAgain(): Promise<void> {
    const log4j = join(this.folder, "log4j2.properties");
    writeFileSync(
      log4j,
      "appenders=out\nappender.out.type=Console\nappender.out.name=out\nappender.out.layout.type=PatternLayout\nappender.out.layout.pattern=%m%n\nrootLogger.level=INFO\nrootLogger.appenderRefs=out\nrootLogger.appenderRef.out.ref=out\n",
    );
    const args = ["-Xmx384m", `-Dlog4j2.configurationFile=${log4j}`, ...classPath, "kafka.Kafka", this.#settings];
    const child = spawn("java", args, { cwd: this.folder, stdio: ["ignore", "pipe", "inherit"] });
    this.#process = child;
    let output = "";
    await new Promise<void>((resolve, reject) => {
      child.stdout.on("data", (chunk) => {
        output = `${output}${chunk}`.slice(-4_000);
        if (output.includes("Kafka Server started")) resolve();
      });
      child.once("error", reject);
      child.once("exit", () => reject(new Error(`Kafka exited:\n${output}`)));
    });
  }

  async kill(): Promise<void> {
    await endChild(this.#process, "SIGKILL");
  }

  /** Kills the broker and deletes its folder. */
  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

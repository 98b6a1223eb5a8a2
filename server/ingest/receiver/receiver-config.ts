/**
 * The settings file of the OpenTelemetry receiver: a fixed port, the secret that callers send, and
 * the certificate that identifies the receiver. The file exists only while the receiver is enabled.
 */
import { randomBytes, randomInt, X509Certificate } from "node:crypto";
import { readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { replaceFile } from "../../files/atomic-write.ts";

export interface ReceiverSettings {
  readonly port: number;
  /** 256 random bits in hex. */
  readonly token: string;
  /** PEM. Self-signed, valid only for this machine. */
  readonly certificate: string;
  readonly key: string;
}

/** A file of an earlier version enables nothing; the user must repeat the set-up. */
const outdatedReceiver =
  "OpenTelemetry is not received: it was set up by an earlier version without encryption. Run nexus agents connect --otel.";

const outdatedHooks =
  "Outdated hook: an agent sends it to a local port that other users can take. Run nexus agents connect.";

/** Returns the receivers that a file of an earlier version enabled. */
function formerReceivers(text: string): readonly unknown[] {
  try {
    const { open } = Object(JSON.parse(text));
    return Array.isArray(open) ? open : [];
  } catch {
    return [];
  }
}

/** Below the ephemeral ports of Linux (from 32768), macOS and Windows (from 49152). */
const [minPort, maxPort] = [20_000, 32_000];
const maxAttempts = 50;

export class ReceiverConfig {
  readonly #path: string;
  /** Path of the certificate for exporters. */
  readonly certificatePath: string;
  #known: { readonly mark: string; readonly receiver: ReceiverSettings | undefined } | undefined;

  constructor(path: string) {
    this.#path = path;
    this.certificatePath = join(dirname(path), "otlp-certificate.pem");
  }

  /**
   * Returns the settings, or `undefined` if disabled. Cached until the file changes.
   * @throws the file system's error.
   */
  read(): ReceiverSettings | undefined {
    const stat = statSync(this.#path, { throwIfNoEntry: false });
    if (stat === undefined) return undefined;
    const mark = `${stat.ino} ${stat.mtimeMs} ${stat.size}`;
    if (this.#known?.mark !== mark) this.#known = { mark, receiver: parse(readFileSync(this.#path, "utf8")) };
    return this.#known.receiver;
  }

  /** Whether the file is damaged or of an earlier version, which had no certificate. */
  get isOutdated(): boolean {
    return statSync(this.#path, { throwIfNoEntry: false }) !== undefined && this.read() === undefined;
  }

  /** A note about a file of an earlier version; `undefined` without one. */
  get outdatedNote(): string | undefined {
    if (!this.isOutdated) return undefined;
    return formerReceivers(readFileSync(this.#path, "utf8")).includes("hooks") ? outdatedHooks : outdatedReceiver;
  }

  /**
   * Removes a file of an earlier version that enabled only hooks, once the hook is replaced.
   * @throws the file system's error.
   */
  forgetHooks(): void {
    if (this.isOutdated && !formerReceivers(readFileSync(this.#path, "utf8")).includes("otlp")) this.disable();
  }

  /**
   * Returns the settings, or new ones: a free port, secret and certificate.
   * @throws Error if no port is free.
   */
  async planOpen(): Promise<ReceiverSettings> {
    const known = this.read();
    if (known !== undefined) return known;
    const { newCertificate } = await import("./certificate.ts");
    return { port: await freePort(), token: randomBytes(32).toString("hex"), ...(await newCertificate()) };
  }

  /**
   * Enables the receiver and returns its settings: the existing ones if another process enabled it
   * in the meantime, otherwise the planned ones. @throws the file system's error.
   */
  enable(planned: ReceiverSettings): ReceiverSettings {
    const receiver = this.read() ?? planned;
    replaceFile(this.certificatePath, receiver.certificate);
    if (receiver === planned) replaceFile(this.#path, JSON.stringify(receiver));
    return receiver;
  }

  /** Removes the settings and the certificate. @throws the file system's error. */
  disable(): void {
    rmSync(this.#path, { force: true });
    rmSync(this.certificatePath, { force: true });
  }
}

/** Returns `undefined` for a truncated or invalid file. */
function parse(text: string): ReceiverSettings | undefined {
  try {
    const { port, token, certificate, key } = Object(JSON.parse(text));
    const isValid = Number.isInteger(port) && port > 1023 && port < 65_536 && /^[0-9a-f]{64}$/.test(token);
    if (!isValid || typeof key !== "string") return undefined;
    // X509Certificate throws for an invalid certificate.
    return { port, token, certificate: new X509Certificate(certificate).toString(), key };
  } catch {
    return undefined;
  }
}

/** @throws Error if no port is free. */
async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    const port = randomInt(minPort, maxPort);
    if (await isFree(port)) return port;
  }
  throw new Error(`No free port found between ${minPort} and ${maxPort}.`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}

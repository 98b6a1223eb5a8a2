/**
 * The receiver for OpenTelemetry as the user opened it: one port for good, the secret that callers name, and the certificate by which they
 * know that it is ours. The file is made when it is opened, and goes when it is closed.
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
  /** PEM. The certificate is its own issuer, for this machine, and for nothing else. */
  readonly certificate: string;
  readonly key: string;
}

/** Reported for a file of an earlier version, which opens nothing. */
const outdatedReceiver =
  "OpenTelemetry was set up by an earlier version, without encryption, and is not received any more. Set it up again: nexus agents connect --otel";

const outdatedHooks =
  "An earlier version let an agent post its hooks to a port on this machine, which another user could take. Replace the entry: nexus agents connect";

/** What was open in a file of an earlier version. */
function formerly(text: string): readonly unknown[] {
  try {
    const { open } = Object(JSON.parse(text));
    return Array.isArray(open) ? open : [];
  } catch {
    return [];
  }
}

/** Below the ports that systems hand out for connections of their own. */
const [minPort, maxPort] = [20_000, 32_000];
const maxAttempts = 50;

export class ReceiverConfig {
  readonly #path: string;
  /** The certificate for exporters, which are given its path. */
  readonly certificatePath: string;
  #known: { readonly mark: string; readonly receiver: ReceiverSettings | undefined } | undefined;

  constructor(path: string) {
    this.#path = path;
    this.certificatePath = join(dirname(path), "otlp-certificate.pem");
  }

  /** What is open; `undefined` where nothing is. Read again only where the file changed. @throws the file system's error. */
  read(): ReceiverSettings | undefined {
    const stat = statSync(this.#path, { throwIfNoEntry: false });
    if (stat === undefined) return undefined;
    const mark = `${stat.ino} ${stat.mtimeMs} ${stat.size}`;
    if (this.#known?.mark !== mark) this.#known = { mark, receiver: parse(readFileSync(this.#path, "utf8")) };
    return this.#known.receiver;
  }

  /** Whether a file is there that opens nothing, such as one of an earlier version, which had no certificate. */
  get isOutdated(): boolean {
    return statSync(this.#path, { throwIfNoEntry: false }) !== undefined && this.read() === undefined;
  }

  /** The remark on a file of an earlier version, which opened a port without encryption; `undefined` where there is none. */
  get outdatedNote(): string | undefined {
    if (!this.isOutdated) return undefined;
    return formerly(readFileSync(this.#path, "utf8")).includes("hooks") ? outdatedHooks : outdatedReceiver;
  }

  /** After an entry that posted hooks was replaced: what is left of a file of an earlier version. @throws the file system's error. */
  forgetHooks(): void {
    if (this.isOutdated && !formerly(readFileSync(this.#path, "utf8")).includes("otlp")) this.disable();
  }

  /** What there is, or what opening would make: a free port, a new secret and a new certificate. @throws Error where no port is free. */
  async planOpen(): Promise<ReceiverSettings> {
    const known = this.read();
    if (known !== undefined) return known;
    const { newCertificate } = await import("./certificate.ts");
    return { port: await freePort(), token: randomBytes(32).toString("hex"), ...(await newCertificate()) };
  }

  /** Opens it as it was planned; what was opened meanwhile stays. @returns what is open. @throws the file system's error. */
  enable(planned: ReceiverSettings): ReceiverSettings {
    const receiver = this.read() ?? planned;
    replaceFile(this.certificatePath, receiver.certificate);
    if (receiver === planned) replaceFile(this.#path, JSON.stringify(receiver));
    return receiver;
  }

  /** @throws the file system's error. */
  disable(): void {
    rmSync(this.#path, { force: true });
    rmSync(this.certificatePath, { force: true });
  }
}

/** A file that was cut or changed by hand opens nothing. */
function parse(text: string): ReceiverSettings | undefined {
  try {
    const { port, token, certificate, key } = Object(JSON.parse(text));
    const sound = Number.isInteger(port) && port > 1023 && port < 65_536 && /^[0-9a-f]{64}$/.test(token);
    if (!sound || typeof key !== "string") return undefined;
    // Throws of what is no certificate.
    return { port, token, certificate: new X509Certificate(certificate).toString(), key };
  } catch {
    return undefined;
  }
}

/** @throws Error where none is free. */
async function freePort(): Promise<number> {
  for (let tries = 0; tries < maxAttempts; tries += 1) {
    const port = randomInt(minPort, maxPort);
    if (await isFree(port)) return port;
  }
  throw new Error(`No free port was found between ${minPort} and ${maxPort}.`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}

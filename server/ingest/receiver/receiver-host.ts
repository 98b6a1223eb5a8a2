/**
 * Holds the doors that the user opened, while something may be recorded: one process of all holds them, by a lease, and the next
 * takes over within a second after it went.
 */
import type { Clock } from "../../clock.ts";
import type { Connection } from "../../store/driver/driver.ts";
import { acquire, isFree, type Lease, newOwner, release } from "../../store/lease.ts";
import type { Store } from "../../store/store.ts";
import { HttpReceiver, type ReceiverInput } from "./http-receiver.ts";
import type { ReceiverConfig, ReceiverSettings } from "./receiver-config.ts";

/** How often who does not hold them looks whether they are free, who holds them renews, and all look whether any is open. Milliseconds. */
const pollMs = 500;
const renewMs = 10_000;
const disabledPollMs = 2_000;
/** Where the port is taken: the pauses grow up to this. */
const maxPauseMs = 30_000;

/** What keeps the doors shut, as a sentence. */
export function receiverErrorText(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
  return code === "EADDRINUSE"
    ? "Another program uses the port of the receiver for OpenTelemetry. Agents send it nothing, because it has another certificate. End it, or take another port: nexus agents disconnect --otel, then nexus agents connect --otel."
    : `The receiver for OpenTelemetry on loopback cannot be started (${code}). It is tried again.`;
}

export class ReceiverHost {
  readonly #file: ReceiverConfig;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #input: ReceiverInput;
  readonly #may: () => boolean;
  readonly #failed: (error: unknown) => void;
  readonly #owner = newOwner();
  #timer: NodeJS.Timeout | undefined;
  #server: HttpReceiver | undefined;
  #receiver: ReceiverSettings | undefined;
  #lease: Lease | undefined;
  #renewedMs = 0;
  #pauseMs = 0;
  #pauseUntilMs = 0;

  /** `may`: whether something may be recorded now. `failed` is told what keeps the doors from opening, and `null` when they are open. */
  constructor(
    file: ReceiverConfig,
    store: Store,
    clock: Clock,
    input: ReceiverInput,
    may: () => boolean,
    failed: (error: unknown) => void,
  ) {
    this.#file = file;
    this.#store = store;
    this.#clock = clock;
    this.#input = input;
    this.#may = may;
    this.#failed = failed;
  }

  /** Whether this process holds them. */
  get isOpen(): boolean {
    return this.#server !== undefined;
  }

  /** Begins to hold or to wait, and goes on until it is stopped. Called again and again. */
  begin(): void {
    if (this.#timer !== undefined) return;
    this.#again(0);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#close();
  }

  #again(delayMs: number): void {
    this.#timer = setTimeout(() => void this.#poll(), delayMs).unref();
  }

  /** One look at how things are. What is wrong is told. */
  async #poll(): Promise<void> {
    const timer = this.#timer;
    let open = false;
    try {
      const may = this.#may();
      if (!may) {
        this.stop();
        return;
      }
      const receiver = this.#file.read();
      open = receiver !== undefined;
      if (receiver === undefined) this.#close();
      else if (this.#server === undefined) await this.#open(receiver);
      else if (JSON.stringify(receiver) !== JSON.stringify(this.#receiver)) this.#close();
      else this.#renew();
    } catch (error) {
      this.#close();
      this.#failed(error);
    }
    if (this.#timer === timer) this.#again(open ? pollMs : disabledPollMs);
  }

  async #open(receiver: ReceiverSettings): Promise<void> {
    const nowMs = this.#clock.nowMs();
    if (performance.now() < this.#pauseUntilMs) return;
    if (this.#store.read((connection) => isFree(connection, "doors", this.#owner, nowMs)) === false) return;
    this.#lease = this.#store.withDatabase((connection) => acquire(connection, "doors", this.#owner, nowMs));
    if (this.#lease === undefined) return;
    this.#renewedMs = nowMs;
    const server = new HttpReceiver(receiver, this.#input);
    try {
      await server.listen();
    } catch (error) {
      this.#release();
      // Each attempt writes the lease: not for ever twice a second.
      this.#pauseMs = Math.min(maxPauseMs, Math.max(pollMs, 2 * this.#pauseMs));
      this.#pauseUntilMs = performance.now() + this.#pauseMs;
      throw error;
    }
    this.#pauseMs = 0;
    // It may have been stopped meanwhile.
    if (this.#timer === undefined) {
      server.close();
      this.#release();
      return;
    }
    this.#server = server;
    this.#receiver = receiver;
    this.#failed(null);
  }

  #renew(): void {
    const nowMs = this.#clock.nowMs();
    if (Math.abs(nowMs - this.#renewedMs) < renewMs) return;
    const before = this.#lease;
    this.#lease = this.#store.withExistingDatabase((connection) => acquire(connection, "doors", this.#owner, nowMs));
    this.#renewedMs = nowMs;
    // Another one took over while this process stood still.
    if (this.#lease === undefined || this.#lease.fence !== before?.fence) this.#close();
  }

  #close(): void {
    this.#server?.close();
    this.#server = undefined;
    this.#receiver = undefined;
    this.#release();
  }

  #release(): void {
    const lease = this.#lease;
    this.#lease = undefined;
    if (lease === undefined) return;
    try {
      this.#store.withExistingDatabase((connection: Connection) => release(connection, lease));
    } catch (error) {
      // It ends by itself.
      this.#failed(error);
    }
  }
}

/**
 * Runs the receiver that the user enabled, only while recording is permitted. One process runs it,
 * selected by a lease; another takes over within a second after it ends.
 */
import { type Message, message } from "../../../shared/protocol/message.ts";
import type { Clock } from "../../clock.ts";
import type { Connection } from "../../store/driver/driver.ts";
import { acquire, isFree, type Lease, newOwner, release } from "../../store/lease.ts";
import type { Store } from "../../store/store.ts";
import { HttpReceiver, type ReceiverInput } from "./http-receiver.ts";
import type { ReceiverConfig, ReceiverSettings } from "./receiver-config.ts";

/** How often a process checks whether the lease is free. Milliseconds. */
const pollMs = 500;
/** How often the owner renews the lease. Milliseconds. */
const renewMs = 10_000;
/** How often the settings are checked while the receiver is disabled. Milliseconds. */
const disabledPollMs = 2_000;
/** Maximum pause between attempts while the port is in use. Milliseconds. */
const maxPauseMs = 30_000;

/** Returns the reason why the receiver is not running, as a message. */
export function receiverErrorMessage(error: unknown): Message {
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
  return code === "EADDRINUSE"
    ? message(
        "Another program uses the receiver's port; it receives no data. Stop that program, or change the port: run nexus agents disconnect --otel, then nexus agents connect --otel, and replace the agents' settings.",
      )
    : message("The local receiver could not start ({code}). Retrying automatically.", { code });
}

export class ReceiverHost {
  readonly #file: ReceiverConfig;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #input: ReceiverInput;
  readonly #isPermitted: () => boolean;
  readonly #reportError: (error: unknown) => void;
  readonly #owner = newOwner();
  #timer: NodeJS.Timeout | undefined;
  #server: HttpReceiver | undefined;
  #receiver: ReceiverSettings | undefined;
  #lease: Lease | undefined;
  #renewedMs = 0;
  #pauseMs = 0;
  #pauseUntilMs = 0;

  /**
   * `isPermitted`: whether recording is permitted now. `reportError`: called with each error, and
   * `null` after a start.
   */
  constructor(
    file: ReceiverConfig,
    store: Store,
    clock: Clock,
    input: ReceiverInput,
    isPermitted: () => boolean,
    reportError: (error: unknown) => void,
  ) {
    this.#file = file;
    this.#store = store;
    this.#clock = clock;
    this.#input = input;
    this.#isPermitted = isPermitted;
    this.#reportError = reportError;
  }

  /** Whether this process runs the receiver. */
  get isOpen(): boolean {
    return this.#server !== undefined;
  }

  /** Starts polling until `stop`. Has no effect if it was started. */
  begin(): void {
    if (this.#timer !== undefined) return;
    this.#schedulePoll(0);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#close();
  }

  #schedulePoll(delayMs: number): void {
    this.#timer = setTimeout(() => void this.#poll(), delayMs).unref();
  }

  /** Starts, renews or stops the receiver as settings and lease require. Reports errors. */
  async #poll(): Promise<void> {
    const timer = this.#timer;
    let isEnabled = false;
    try {
      if (!this.#isPermitted()) {
        this.stop();
        return;
      }
      const receiver = this.#file.read();
      isEnabled = receiver !== undefined;
      if (receiver === undefined) this.#close();
      else if (this.#server === undefined) await this.#open(receiver);
      else if (JSON.stringify(receiver) !== JSON.stringify(this.#receiver)) this.#close();
      else this.#renew();
    } catch (error) {
      this.#close();
      this.#reportError(error);
    }
    if (this.#timer === timer) this.#schedulePoll(isEnabled ? pollMs : disabledPollMs);
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
      // Each attempt writes the lease, so the pause grows.
      this.#pauseMs = Math.min(maxPauseMs, Math.max(pollMs, 2 * this.#pauseMs));
      this.#pauseUntilMs = performance.now() + this.#pauseMs;
      throw error;
    }
    this.#pauseMs = 0;
    // It may have been stopped in the meantime.
    if (this.#timer === undefined) {
      server.close();
      this.#release();
      return;
    }
    this.#server = server;
    this.#receiver = receiver;
    this.#reportError(null);
  }

  #renew(): void {
    const nowMs = this.#clock.nowMs();
    if (Math.abs(nowMs - this.#renewedMs) < renewMs) return;
    const before = this.#lease;
    this.#lease = this.#store.withExistingDatabase((connection) => acquire(connection, "doors", this.#owner, nowMs));
    this.#renewedMs = nowMs;
    // Another process took over while this one was suspended.
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
      // Not fatal: the lease expires.
      this.#reportError(error);
    }
  }
}

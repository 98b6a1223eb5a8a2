/**
 * Removes the files of sent batches in the background: removing one can take as long as sending the
 * next.
 */
import type { Batch } from "../wire/batch.ts";
import type { UploadSession } from "./upload-session.ts";

export class OutboxRemoval {
  readonly #session: UploadSession;
  #removal: Promise<void> = Promise.resolve();

  constructor(session: UploadSession) {
    this.#session = session;
  }

  /**
   * Starts a removal once the one before has ended.
   * @throws the file system's error of the one before.
   */
  async remove(batch: Batch): Promise<void> {
    await this.#removal;
    const removal = this.#session.parts.outbox.remove(batch).then(() => this.#session.step("file_removed"));
    // `settled` or the next removal throws the error.
    removal.catch(() => undefined);
    this.#removal = removal;
  }

  /** Resolves once all files are removed. @throws the file system's error. */
  settled(): Promise<void> {
    return this.#removal;
  }
}

/**
 * Answers the dashboard's questions with invented data while there is none of the user. A thread of this process holds them in
 * memory: no process, no file and no socket (invariant off-means-nothing). It ends with `dispose`.
 */
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { Disposable } from "vscode";
import type { PageAnswer, PageQuestion } from "../../shared/protocol/page-question.ts";
import type { SampleReply, SampleRequest } from "../../shared/protocol/sample.ts";

interface Waiting {
  readonly resolve: (answer: PageAnswer) => void;
  readonly reject: (error: Error) => void;
}

export class SampleData implements Disposable {
  readonly #script: string;
  readonly #waiting = new Map<number, Waiting>();
  #thread: Worker | undefined;
  #isBroken = false;
  #nextId = 1;

  constructor(extensionPath: string) {
    this.#script = join(extensionPath, "dist", "sample.cjs");
  }

  /** Whether the thread could not start or failed as a whole. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** Starts the thread with the first question. Rejects if the editor's Node has no SQLite. */
  ask(question: PageQuestion): Promise<PageAnswer> {
    const thread = this.#started();
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      thread.postMessage({ id, question } satisfies SampleRequest);
    });
  }

  dispose(): void {
    const thread = this.#thread;
    this.#thread = undefined;
    this.#end(new Error("The sample was closed."));
    void thread?.terminate();
  }

  #started(): Worker {
    if (this.#thread !== undefined) return this.#thread;
    // Its output would be that of the extension host.
    const thread = new Worker(this.#script, { env: {}, stdout: true, stderr: true });
    this.#thread = thread;
    thread.on("message", (reply: SampleReply) => this.#receive(reply));
    thread.on("error", (error) => {
      if (this.#thread !== thread) return;
      this.#thread = undefined;
      this.#isBroken = true;
      this.#end(error instanceof Error ? error : new Error("The sample failed."));
    });
    return thread;
  }

  #receive({ id, answer, failure }: SampleReply): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (answer === null) waiting?.reject(new Error(failure ?? "The sample failed."));
    else waiting?.resolve(answer);
  }

  #end(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

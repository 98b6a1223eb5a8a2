/**
 * When the next attempt may start: pauses until the user acts, and waits that the server or
 * repeated failures cause.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { type Message, message } from "../../../shared/protocol/message.ts";
import { resume, savePause, saveWait } from "../state/upload-state.ts";
import { SyncStopped } from "./report.ts";
import type { UploadResult } from "./request.ts";
import { attemptsPerRun, backoffMs, maxWaitMs, pauseMs } from "./retry.ts";
import type { UploadSession } from "./upload-session.ts";

/** A server that asks for a longer wait ends the run. Milliseconds. */
const maxWaitInRunMs = 10_000;

/**
 * Returns if a run may start now. A run that the user initiated ignores our own waits, never the
 * server's.
 * @throws SyncStopped
 */
export function checkWaits(session: UploadSession, userInitiated: boolean): void {
  const state = session.state();
  if (state === undefined) return;
  const { failure, paused, serverWaitMs, waitUntilMs } = state;
  const nowMs = session.nowMs();
  const reason = failure ?? message("Recent attempts failed.");
  // A time further ahead than any wait was written before the clock was set back.
  const isDue = (ms: number) => ms <= nowMs || ms > nowMs + maxWaitMs;
  const waits = [serverWaitMs, waitUntilMs].filter((ms) => !isDue(ms));
  const retryAtMs = Math.max(...waits);
  if (!isDue(serverWaitMs)) throw new SyncStopped("waiting", reason, retryAtMs);
  if (userInitiated) {
    session.change(resume);
    return;
  }
  if (paused !== null) throw new SyncStopped("paused", paused);
  if (!isDue(waitUntilMs)) throw new SyncStopped("waiting", reason, retryAtMs);
}

/**
 * Waits before the next attempt of this run, or ends the run until later.
 * @throws SyncStopped, the signal's reason.
 */
export async function waitOrStop(
  session: UploadSession,
  { waitMs = 0, reason }: UploadResult,
  attempt: number,
): Promise<void> {
  const { signal } = session;
  if (attempt + 1 < attemptsPerRun && waitMs <= maxWaitInRunMs) {
    await sleep(Math.max(waitMs, backoffMs(attempt)), undefined, { signal }).catch(() => signal.throwIfAborted());
    return;
  }
  const stated = statedReason(reason);
  const nowMs = session.nowMs();
  const failures = (session.state()?.failures ?? 0) + 1;
  const untilMs = nowMs + Math.max(waitMs, pauseMs(failures));
  const serverUntilMs = waitMs > 0 ? nowMs + waitMs : 0;
  session.change((connection) => saveWait(connection, { failures, untilMs, serverUntilMs, reason: stated }));
  throw new SyncStopped("waiting", stated, untilMs);
}

/** Pauses uploading until the user acts. @throws SyncStopped, always. */
export function pauseUpload(session: UploadSession, reason: Message): never {
  session.change((connection) => savePause(connection, reason));
  throw new SyncStopped("paused", reason);
}

export const statedReason = (reason: Message | null): Message => reason ?? message("The server gave no reason.");

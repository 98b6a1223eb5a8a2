/**
 * Freezes the next batch: its bytes and the cursor change in one transaction, then the files are
 * written from the rows.
 */
import type { Connection } from "../../store/driver/driver.ts";
import { readNumber } from "../../store/state.ts";
import { addBatch, nextPending } from "../state/batches.ts";
import { moveCursor, readUploadState, writeStateFile } from "../state/upload-state.ts";
import { collectBatch } from "../wire/batch.ts";
import { partOf } from "./preview.ts";
import type { UploadSession } from "./upload-session.ts";

const countErasures = (connection: Connection): number => readNumber(connection, "erasures");

/**
 * Returns whether there may be more to send.
 * @throws SyncStopped, LeaseLostError, SQLite's error, the file system's error.
 */
export async function freezeNextBatch(session: UploadSession, limit: number): Promise<boolean> {
  const { outbox, paths } = session.parts;
  const { policy } = session.policy();
  const state = session.state();
  if (state === undefined) return false;
  const erasures = session.read(countErasures);
  const { batch, lastKey, lastTsMs, more } = session.read((connection) =>
    collectBatch(connection, state.cursorId, partOf(connection, state.cursorId, state, policy), limit),
  );
  if (lastKey === state.cursorId) return false;
  session.change((connection) => {
    // An erasure since the events were read: they are read again.
    if (countErasures(connection) !== erasures || readUploadState(connection)?.cursorId !== state.cursorId) return;
    if (batch !== undefined) addBatch(connection, batch);
    moveCursor(connection, lastKey, lastTsMs);
  });
  session.step("frozen");
  const moved = session.state();
  if (moved !== undefined) writeStateFile(paths.uploadStateFile, moved);
  session.step("state_written");
  if (batch !== undefined) {
    outbox.write(batch);
    // A purge in another process may have deleted the row before the file was written.
    if (session.read(nextPending)?.batchId !== batch.batchId) await outbox.remove(batch);
  }
  session.step("outbox_written");
  return batch !== undefined || more;
}

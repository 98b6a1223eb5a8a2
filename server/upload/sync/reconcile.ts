/**
 * Makes pseudonym, rows and files agree at the start of a run: after a crash, a restored backup or
 * an edited outbox. Never sends an event again under another pseudonym.
 */
import { hasBatch } from "../ledger/ledger.ts";
import { deleteAllBatches } from "../state/batches.ts";
import type { QuarantinedFile } from "../state/outbox-folder.ts";
import { readStateFile, startUploadState, type UploadState, writeStateFile } from "../state/upload-state.ts";
import type { UploadSession } from "./upload-session.ts";

/**
 * Returns the quarantined files.
 * @throws LeaseLostError, SQLite's error, the file system's error.
 */
export function reconcile(session: UploadSession): readonly QuarantinedFile[] {
  const { outbox, paths } = session.parts;
  const state = trustedState(session) ?? startNewPseudonym(session);
  writeStateFile(paths.uploadStateFile, state);
  session.step("state_written");
  return session.read((connection) => outbox.reconcile(connection, (id) => hasBatch(connection, id)));
}

/**
 * Returns the database's state, unless the state file or the outbox shows that it is an older copy.
 */
function trustedState(session: UploadSession): UploadState | undefined {
  const { installation, outbox, paths } = session.parts;
  const state = session.state();
  const identity = state === undefined ? undefined : installation.find(state.pseudonym.anonUserId);
  if (state === undefined || identity === undefined) return undefined;
  const file = readStateFile(paths.uploadStateFile);
  // The file is missing before the first run; after that, its absence means that a backup was
  // restored.
  if (file === undefined) return identity.destinations.length === 0 ? state : undefined;
  if (file === "damaged") return undefined;
  const isCurrent =
    file.database === state.database &&
    file.anon_id === state.pseudonym.anonUserId &&
    file.cursor_id <= state.cursorId &&
    file.cursor_id >= session.read((connection) => outbox.newestKey(connection));
  return isCurrent ? state : undefined;
}

/** Drops every batch and moves the cursor to the end: which events were sent is unknown. */
function startNewPseudonym(session: UploadSession): UploadState {
  const { installation, outbox } = session.parts;
  const { anon_user_id: id } = installation.create(session.nowMs());
  session.change((connection) => {
    deleteAllBatches(connection);
    startUploadState(connection, id, session.nowMs());
  });
  installation.forgetUnused(id);
  outbox.empty();
  session.step("state_begun");
  const state = session.state();
  if (state === undefined) throw new Error("the upload state that was just started is missing");
  return state;
}

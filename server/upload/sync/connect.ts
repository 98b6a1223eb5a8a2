/**
 * Prepares the sender of a batch: enrols the installation's secret where the server does not know
 * it, and rotates an old one. A page of a proxy or a portal never decides what kind of server this
 * is: a basic server is recognised by the batch it accepts.
 */
import { message } from "../../../shared/protocol/message.ts";
import type { Destination } from "../../config/destination.ts";
import { readServer } from "../state/known-servers.ts";
import { enroll, fetchKeys, withFreshSecret } from "./access.ts";
import { hasNoRoute, isEnrolment } from "./enrolment.ts";
import { SyncStopped } from "./report.ts";
import type { Sender, UploadResult } from "./request.ts";
import type { UploadSession } from "./upload-session.ts";
import { pauseUpload, statedReason } from "./waits.ts";

export type Connected =
  /** `lacksEnrolment`: the server answered like one without the enrolment route. */
  | { readonly type: "ready"; readonly sender: Sender; readonly lacksEnrolment: boolean }
  | { readonly type: "retry"; readonly result: UploadResult };

/** @throws SyncStopped, LeaseLostError, SQLite's error, the signal's reason. */
export async function connect(session: UploadSession, destination: Destination): Promise<Connected> {
  const { clock, installation } = session.parts;
  const state = session.state();
  const identity = state === undefined ? undefined : installation.find(state.pseudonym.anonUserId);
  if (identity === undefined) throw new SyncStopped("failed", message("No pseudonym for this installation."));
  const server = session.read((connection) => readServer(connection, destination.url));
  const sender: Sender = {
    client: await session.client(destination),
    destination,
    identity,
    secret: installation.secretFor(identity.anon_user_id, destination.url).secret,
    clock,
    skew: session.skew,
    encodings: server.encodings,
    change: session.change,
  };
  if (!identity.destinations.includes(destination.url))
    installation.addDestination(identity.anon_user_id, destination.url);
  if (server.isBasic) return { type: "ready", sender, lacksEnrolment: false };
  if (server.enrolled !== identity.anon_user_id) return enrolSender(session, sender);
  const fresh = await withFreshSecret(sender, installation, session.signal);
  if ("secret" in fresh) return { type: "ready", sender: fresh, lacksEnrolment: false };
  return { type: "retry", result: fresh };
}

async function enrolSender(session: UploadSession, sender: Sender): Promise<Connected> {
  const result = await enroll(sender, session.signal);
  session.step("enrolled");
  if (isEnrolment(result)) {
    await fetchKeys(sender, session.signal);
    return { type: "ready", sender, lacksEnrolment: false };
  }
  if (result.outcome === "accepted" || hasNoRoute(result)) return { type: "ready", sender, lacksEnrolment: true };
  if (result.outcome === "already_received") {
    const { host } = sender.destination;
    pauseUpload(
      session,
      message("{host} has another secret for this pseudonym. Reset the pseudonym: nexus identity reset", { host }),
    );
  }
  if (result.outcome !== "later") pauseUpload(session, statedReason(result.reason));
  return { type: "retry", result };
}

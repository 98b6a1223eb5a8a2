/** A server that accepts a larger upload schema than the user agreed to: sharing pauses until the user agrees. */
import { message } from "../../../shared/protocol/message.ts";
import { readServer } from "../state/known-servers.ts";
import type { UploadSession } from "./upload-session.ts";
import { pauseUpload } from "./waits.ts";

/**
 * `upload_schema` in the configuration can decline the larger schema.
 * @throws SyncStopped
 */
export function requireAgreedSchema(session: UploadSession): void {
  const { policy, destination } = session.policy();
  const { agreedSchema } = policy.permission;
  const { schema: offered } = session.read((connection) => readServer(connection, destination.url));
  if (offered === undefined || offered <= agreedSchema || policy.maxSchema <= agreedSchema) return;
  pauseUpload(
    session,
    message(
      "{host} now accepts upload schema {offered}, which contains more than schema {agreed} that you agreed to. Review what is shared (dashboard: Data & privacy, Sharing; or nexus telemetry enable --share), or set upload_schema = {agreed}.",
      { host: destination.host, offered, agreed: agreedSchema },
    ),
  );
}

/** Previews the exact bytes of the next request. Writes nothing and sends nothing. */
import { type Category, categoryBits } from "../../../shared/schema/categories.ts";
import type { UploadSchema } from "../../../shared/schema/upload-schema.ts";
import type { EffectivePolicy } from "../../config/permission.ts";
import { Salt } from "../../privacy/identity.ts";
import type { Connection } from "../../store/driver/driver.ts";
import type { Store } from "../../store/store.ts";
import { nextPending } from "../state/batches.ts";
import { readServer } from "../state/known-servers.ts";
import { readUploadState, type UploadState } from "../state/upload-state.ts";
import { collectBatch, type SharedPart } from "../wire/batch.ts";
import { Pseudonym } from "../wire/project-event.ts";

/** Returns the schema in use: the largest that server and configuration permit and the user agreed to. */
export function schemaInUse(connection: Connection, { schema, destination }: EffectivePolicy): UploadSchema {
  const offered = destination === null ? undefined : readServer(connection, destination.url).schema;
  return offered === undefined || offered > schema ? schema : offered;
}

/** Returns which events after `after` the policy and the pseudonym allow to share, and in which schema. */
export function partOf(
  connection: Connection,
  after: number,
  { pseudonym, schema1Until }: UploadState,
  policy: EffectivePolicy,
): SharedPart {
  const bits = categoryBits(policy.permission.share);
  const schema = schemaInUse(connection, policy);
  return schema > 1 && after < schema1Until
    ? { pseudonym, schema: 1, until: schema1Until, bits }
    : { pseudonym, schema, bits };
}

/** What a sample assumes: the categories and the schema that the user is about to agree to. */
export interface AssumedSharing {
  readonly categories: readonly Category[];
  readonly schema: UploadSchema;
}

/** Replaces the pseudonym in a sample. */
export const placeholderId = "00000000-0000-4000-8000-000000000000";

/**
 * Returns the next pending batch, or the batch that would be frozen next; `undefined` if there is
 * none. With `assumed`, a batch of stored events, sent or not, as it would leave after that consent.
 */
export function preview(
  store: Store,
  policy: EffectivePolicy,
  limit: number | undefined,
  assumed?: AssumedSharing,
): { readonly body: Buffer; readonly events: number; readonly placeholder: boolean } | undefined {
  return store.read((connection) => {
    const state = assumed === undefined ? readUploadState(connection) : undefined;
    if (state === undefined && assumed === undefined) return undefined;
    const waiting = state === undefined ? undefined : nextPending(connection);
    if (waiting !== undefined) return { body: waiting.body, events: waiting.keys.length, placeholder: false };
    const sample: SharedPart = {
      pseudonym: new Pseudonym(placeholderId, Salt.random()),
      schema: assumed?.schema ?? 1,
      bits: categoryBits(assumed?.categories ?? []),
      assumeConsent: true,
    };
    let after = state?.cursorId ?? 0;
    for (;;) {
      const part = state === undefined ? sample : partOf(connection, after, state, policy);
      const { batch, lastKey, more } = collectBatch(connection, after, part, limit);
      if (batch !== undefined) return { body: batch.body, events: batch.keys.length, placeholder: state === undefined };
      if (!more || lastKey === after) return undefined;
      after = lastKey;
    }
  });
}

/** Previews the exact bytes of the next request. Writes nothing and sends nothing. */
import { type Category, categoryBits } from "../../../shared/schema/categories.ts";
import type { EffectivePolicy } from "../../config/permission.ts";
import { Salt } from "../../privacy/identity.ts";
import type { Store } from "../../store/store.ts";
import { nextPending } from "../state/batches.ts";
import { readUploadState, type UploadState } from "../state/upload-state.ts";
import { collectBatch, type SharedPart } from "../wire/batch.ts";
import { Pseudonym } from "../wire/project-event.ts";

/** Returns the selection of events that the current policy and pseudonym allow to share. */
export function partOf({ pseudonym }: UploadState, { permission, schema }: EffectivePolicy): SharedPart {
  return { pseudonym, schema, bits: categoryBits(permission.share) };
}

/** Replaces the pseudonym in a preview before consent. */
export const placeholderId = "00000000-0000-4000-8000-000000000000";

/**
 * Returns the next pending batch, or the batch that would be frozen next; `undefined` if there is
 * none.
 */
export function preview(
  store: Store,
  policy: EffectivePolicy,
  limit: number | undefined,
  categories: readonly Category[],
): { readonly body: Buffer; readonly events: number; readonly placeholder: boolean } | undefined {
  return store.read((connection) => {
    const state = policy.permission.mode === "share" ? readUploadState(connection) : undefined;
    const waiting = state === undefined ? undefined : nextPending(connection);
    if (waiting !== undefined) return { body: waiting.body, events: waiting.keys.length, placeholder: false };
    const part =
      state === undefined
        ? {
            pseudonym: new Pseudonym(placeholderId, Salt.random()),
            schema: policy.schema,
            bits: categoryBits(categories),
            assumeConsent: true,
          }
        : partOf(state, policy);
    let after = state?.cursorId ?? 0;
    for (;;) {
      const { batch, lastKey, more } = collectBatch(connection, after, part, limit);
      if (batch !== undefined) return { body: batch.body, events: batch.keys.length, placeholder: state === undefined };
      if (!more || lastKey === after) return undefined;
      after = lastKey;
    }
  });
}

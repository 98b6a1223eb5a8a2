import { expect, it } from "vitest";
import { SharingWorker } from "../../test/fixtures/sharing-worker.ts";

it("does no maintenance after Ctrl+C, which closes only the core", async () => {
  const sharer = new SharingWorker();
  sharer.consent("local");
  // The first write makes maintenance due; it starts in a later turn of the event loop.
  sharer.record(2);
  sharer.core.close();
  for (let turn = 0; turn < 100; turn += 1) await new Promise(setImmediate);
  expect(sharer.core.store.isOpen).toBe(false);
});

/** What may be recorded now, as the gate has it; nothing, where that cannot be known: the command that is asked says why. */
import { systemClock } from "../server/clock.ts";
import { ConsentLog } from "../server/consent-log.ts";
import { Gate } from "../server/gate.ts";
import type { Category } from "../shared/categories.ts";
import { noEditor, paths } from "./product.ts";

export function permittedCategories(): readonly Category[] {
  try {
    const consent = new ConsentLog(paths.consentFile, systemClock);
    return new Gate(paths, consent, process.env, noEditor).rule().permission.collect;
  } catch {
    return [];
  }
}

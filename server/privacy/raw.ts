/** Opens raw events. Only the firewall may import this module, enforced by a lint rule. */
import type { Raw } from "../../shared/schema/raw.ts";

/** Returns the captured input, whose shape is unknown. */
export function openRaw(raw: Raw): unknown {
  return raw;
}

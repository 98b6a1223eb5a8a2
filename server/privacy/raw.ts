/** The one place where raw input is opened. Only the firewall may import this (a lint rule holds it). */
import type { Raw } from "../../shared/schema/raw.ts";

/** What was captured, as it came: of any shape. */
export function openRaw(raw: Raw): unknown {
  return raw;
}

/** Values of what a scanner found. */
import type { Found } from "./scanner.ts";

/** A text; "" if there is none. */
export function textIn(found: Found, name: string): string {
  const value = found[name];
  return typeof value === "string" ? value : "";
}

/** A whole number that is not negative; else 0. */
export function numberIn(found: Found, name: string): number {
  const value = found[name];
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : 0;
}

export function objectIn(found: Found, name: string): Found | undefined {
  const value = found[name];
  return typeof value === "object" && !Array.isArray(value) ? (value as Found) : undefined;
}

/** The objects of a list; none without it. */
export function listIn(found: Found, name: string): readonly Found[] {
  const value = found[name];
  return Array.isArray(value) ? value : [];
}

/** What may be recorded now, as the gate has it. */
import { systemClock } from "../server/clock.ts";
import { PermissionEvaluator } from "../server/config/permission.ts";
import type { Category } from "../shared/schema/categories.ts";
import { noEditor, paths } from "./runtime.ts";

export interface CliPermission {
  /** Empty with recording off. */
  readonly collect: readonly Category[];
  readonly blockSensitive: boolean;
}

/** @throws ConfigError, or the file system's error, where it cannot be known. */
export function readPermission(): CliPermission {
  const { permission, blockSensitive } = new PermissionEvaluator(paths, systemClock, process.env, noEditor).evaluate();
  return { collect: permission.mode === "off" ? [] : permission.collect, blockSensitive };
}

/** Nothing, where it cannot be known: the command that is given says why. */
export function permittedCategories(): readonly Category[] {
  try {
    return readPermission().collect;
  } catch {
    return [];
  }
}

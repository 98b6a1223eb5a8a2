/** The categories that may be recorded now, for commands that do not open the database. */
import { systemClock } from "../server/clock.ts";
import { PermissionEvaluator } from "../server/config/permission.ts";
import type { Category } from "../shared/schema/categories.ts";
import { noEditor, paths } from "./runtime.ts";

export interface CliPermission {
  /** Empty in mode `off`. */
  readonly collect: readonly Category[];
  readonly blockSensitive: boolean;
}

/** Evaluates the permission. @throws ConfigError, or a file system error */
export function readPermission(): CliPermission {
  const { permission, blockSensitive } = new PermissionEvaluator(paths, systemClock, process.env, noEditor).evaluate();
  return { collect: permission.mode === "off" ? [] : permission.collect, blockSensitive };
}

/** Returns the permitted categories, or none on an error, which the command reports. */
export function permittedCategories(): readonly Category[] {
  try {
    return readPermission().collect;
  } catch {
    return [];
  }
}

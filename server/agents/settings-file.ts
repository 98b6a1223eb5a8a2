/** Reads an agent's settings file, and finds the file to write: the target of a link. */
import { accessSync, constants, existsSync, lstatSync, readFileSync, realpathSync } from "node:fs";
import { SettingsError } from "./settings.ts";

/** Stores of tools that generate settings; nothing in them is changed in place. */
const managedFolder = /^\/(nix|gnu)\/store\//;
const managers: Readonly<Record<string, string>> = { nix: "Nix", gnu: "Guix" };

/**
 * Returns the file to write: the target of a symbolic link, so that the link itself stays.
 * @throws SettingsError if the link is broken or the file is not writable.
 */
export function targetOf(file: string): string {
  if (lstatSync(file, { throwIfNoEntry: false }) === undefined) return file;
  const target = linkTarget(file);
  if (target === undefined)
    throw new SettingsError(`${file} is a broken link. Repair or delete it and retry. Nothing was changed.`);
  try {
    accessSync(target, constants.W_OK);
    return target;
  } catch {
    const owner = managedFolder.exec(target)?.[1];
    const manager = owner === undefined ? "another tool" : (managers[owner] ?? "another tool");
    throw new SettingsError(
      target === file
        ? `${file} is not writable. Change its permissions and retry. Nothing was changed.`
        : `${file} is managed by ${manager}: it is a link to ${target}, which is not writable. Add the hook there. Nothing was changed.`,
    );
  }
}

function linkTarget(file: string): string | undefined {
  try {
    return realpathSync(file);
  } catch {
    return undefined;
  }
}

/**
 * Returns the text, or `null` if there is no file.
 * @throws SettingsError if it is not UTF-8: it could not be restored.
 */
export function read(file: string): string | null {
  if (!existsSync(file)) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(readFileSync(file));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new SettingsError(`${file} is not UTF-8. Convert it and retry. Nothing was changed.`);
  }
}

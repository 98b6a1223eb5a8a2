/**
 * Folders and files that another user owns or can write are not used: their content may do that user's will. A
 * folder of ours is not used through a link either, since a link can lead into another user's.
 */
import { constants, lstatSync, mkdirSync, readFileSync, realpathSync, type Stats, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** Another user owns a path, or can change it; or a link stands in its place. The message is for the user. */
export class UnsafePathError extends Error {
  override readonly name = "UnsafePathError";
}

/** Opening fails where the path is a link. 0 on Windows, which has no such flag. */
export const noFollow: number = constants.O_NOFOLLOW ?? 0;

/** For appending to a file of ours, which is made where it is missing, and never through a link. */
export const appendFlags: number = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | noFollow;

/** For writing a file that does not exist yet. */
export const createFlags: number = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | noFollow;

/** For reading a file of ours, never through a link. */
export const readFlags: number = constants.O_RDONLY | noFollow;

/** Where the system knows no users, every path is the user's own. */
const ownUid = (): number | undefined => process.geteuid?.();

const groupOrOthersWrite = 0o022;

/** Why the user cannot rely on what lies at a path, as a sentence; `undefined` where they can. */
export function ownershipFault(path: string, { uid, mode }: Pick<Stats, "uid" | "mode">): string | undefined {
  const own = ownUid();
  if (own === undefined) return undefined;
  if (uid !== own) return `${path} belongs to another user (id ${uid}), so it is not used.`;
  if ((mode & groupOrOthersWrite) !== 0)
    return `${path} can be written by other users, so it is not used. Run: chmod go-w ${path}`;
  return undefined;
}

/** The same for a folder or file of ours at a path; nothing is wrong with one that does not exist. @throws the file system's error. */
export function pathFault(path: string, links: "allowed" | "refused" = "refused"): string | undefined {
  const stat =
    links === "allowed" ? statSync(path, { throwIfNoEntry: false }) : lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  if (stat.isSymbolicLink()) return `${path} is a link, so it is not used. Put the folder or file itself there.`;
  return ownershipFault(path, stat);
}

/**
 * Refuses a path that another user could replace: each folder above it, and each link on the way, must belong to the user or to root,
 * and be writable by nobody else, but for folders like `/tmp` in which only the owner of a file may remove it (as OpenSSH's StrictModes).
 * @throws UnsafePathError, the file system's error.
 */
export function refuseReplaceable(path: string): void {
  if (ownUid() === undefined) return;
  for (const one of new Set([...ancestorsOf(path), ...ancestorsOf(resolvedOf(path))])) {
    const stat = lstatSync(one, { throwIfNoEntry: false });
    if (stat === undefined) continue;
    if (!isTrusted(stat.uid))
      throw new UnsafePathError(
        `${one} belongs to another user (id ${stat.uid}), who could replace what is below it. Nothing below it is used.${ownUid() === 0 ? " Run this as that user." : ""}`,
      );
    const open = !stat.isSymbolicLink() && (stat.mode & groupOrOthersWrite) !== 0 && (stat.mode & sticky) === 0;
    if (open && one !== path)
      throw new UnsafePathError(
        `${one} can be written by other users, so nothing below it is used. Run: chmod go-w ${one}`,
      );
  }
}

const sticky = 0o1000;

/** A path and every folder above it. */
function ancestorsOf(path: string): readonly string[] {
  const above = dirname(path);
  return above === path ? [path] : [...ancestorsOf(above), path];
}

/** Where links lead; the path itself where it does not exist. */
function resolvedOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const above = dirname(path);
    return above === path ? path : join(resolvedOf(above), basename(path));
  }
}

/** The user, and root, who can do everything anyway. */
function isTrusted(uid: number): boolean {
  return uid === ownUid() || uid === 0 || uid === unmappedUid();
}

let unmapped: number | undefined | "unknown" = "unknown";

/** In a sandbox that knows only its own user, such as Flatpak's, what belongs to root of the machine appears as this user's. */
function unmappedUid(): number | undefined {
  if (unmapped === "unknown") unmapped = readUnmappedUid();
  return unmapped;
}

function readUnmappedUid(): number | undefined {
  try {
    const uid = Number(readFileSync("/proc/sys/kernel/overflowuid", "utf8"));
    const ranges = readFileSync("/proc/self/uid_map", "utf8").trim().split("\n");
    const isMapped = ranges.some((range) => {
      const [inside = 0, , count = 0] = range.trim().split(/\s+/).map(Number);
      return uid >= inside && uid < inside + count;
    });
    return isMapped ? undefined : uid;
  } catch {
    return undefined;
  }
}

/** @throws UnsafePathError, the file system's error. */
export function refuseUnsafe(path: string, links: "allowed" | "refused" = "refused"): void {
  const fault = pathFault(path, links);
  if (fault !== undefined) throw new UnsafePathError(fault);
}

/** Makes a folder and those above it, for the user only. @throws UnsafePathError, the file system's error. */
export function makeFolder(folder: string): void {
  refuseForeignParent(folder);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
}

/**
 * What root makes in another user's folder (`sudo` with HOME kept) would be root's: the user could neither read nor change it, and
 * every tool of theirs would stop recording without a word.
 */
function refuseForeignParent(folder: string): void {
  const own = ownUid();
  if (own === undefined) return;
  let parent = folder;
  let stat = statSync(parent, { throwIfNoEntry: false });
  while (stat === undefined && dirname(parent) !== parent) {
    parent = dirname(parent);
    stat = statSync(parent, { throwIfNoEntry: false });
  }
  if (stat === undefined || stat.uid === own || stat.uid === 0) return;
  throw new UnsafePathError(
    `${parent} belongs to another user (id ${stat.uid}), so nothing is made in it. Run this as that user.`,
  );
}

/**
 * Rejects files and folders that another user owns or can write, because that user could control
 * what we record. Also rejects links in our folders, which could lead to another user's files.
 */
import { constants, lstatSync, mkdirSync, readFileSync, realpathSync, type Stats, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** The path is a link, or another user owns or can change it. The message is for the user. */
export class UnsafePathError extends Error {
  override readonly name = "UnsafePathError";
}

/** Makes opening a link fail. 0 on Windows, which has no such flag. */
export const noFollow: number = constants.O_NOFOLLOW ?? 0;

/** Opens for appending, creates the file if missing, never follows a link. */
export const appendFlags: number = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | noFollow;

/** Creates a new file for writing; fails if it exists. */
export const createFlags: number = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | noFollow;

/** Opens for reading, never follows a link. */
export const readFlags: number = constants.O_RDONLY | noFollow;

/** `undefined` on systems without user IDs, where every path is trusted. */
const ownUid = (): number | undefined => process.geteuid?.();

const groupOrOthersWrite = 0o022;

/** Returns a sentence if another user owns or can write the path; `undefined` if it is safe. */
export function ownershipFault(path: string, { uid, mode }: Pick<Stats, "uid" | "mode">): string | undefined {
  const userId = ownUid();
  if (userId === undefined) return undefined;
  if (uid !== userId) return `${path} belongs to another user (id ${uid}), so it is not used. Change its owner.`;
  if ((mode & groupOrOthersWrite) !== 0)
    return `${path} can be written by other users, so it is not used. Change its owner. Run: chmod go-w ${path}`;
  return undefined;
}

/** Returns a sentence if the path is unsafe; a missing one is safe. @throws lstat's error. */
export function pathFault(path: string, links: "allowed" | "refused" = "refused"): string | undefined {
  const stat =
    links === "allowed" ? statSync(path, { throwIfNoEntry: false }) : lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  if (stat.isSymbolicLink())
    return `${path} is a link, so it is not used. Change its owner. Replace it with the folder or file itself.`;
  return ownershipFault(path, stat);
}

/**
 * Rejects a path that another user could replace. Each parent folder, and each link on the way,
 * must belong to the user or root and must not be writable by others, except for sticky folders
 * like `/tmp` (as in OpenSSH's StrictModes). @throws UnsafePathError, the file system's error.
 */
export function refuseReplaceable(path: string): void {
  if (ownUid() === undefined) return;
  for (const ancestor of new Set([...ancestorsOf(path), ...ancestorsOf(resolvedOf(path))])) {
    const stat = lstatSync(ancestor, { throwIfNoEntry: false });
    if (stat === undefined) continue;
    if (!isTrusted(stat.uid))
      throw new UnsafePathError(
        `${ancestor} belongs to another user (id ${stat.uid}), so nothing in it is used. Change its owner, or use another folder.${ownUid() === 0 ? " Run this as that user." : ""}`,
      );
    const isWritable = !stat.isSymbolicLink() && (stat.mode & groupOrOthersWrite) !== 0 && (stat.mode & sticky) === 0;
    if (isWritable && ancestor !== path)
      throw new UnsafePathError(
        `${ancestor} can be written by other users, so nothing in it is used. Change its owner, or use another folder. Run: chmod go-w ${ancestor}`,
      );
  }
}

const sticky = 0o1000;

/** Returns the path and all its parent folders. */
function ancestorsOf(path: string): readonly string[] {
  const parent = dirname(path);
  return parent === path ? [path] : [...ancestorsOf(parent), path];
}

/** Resolves links, also in the existing part of a path that does not exist. */
function resolvedOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(resolvedOf(parent), basename(path));
  }
}

/** Trusts the user, and root, who can change everything anyway. */
function isTrusted(uid: number): boolean {
  return uid === ownUid() || uid === 0 || uid === unmappedUid();
}

let unmapped: number | undefined | "unknown" = "unknown";

/** Sandboxes that map only one user, such as Flatpak, show root's files as owned by this ID. */
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

/** Creates a folder and its parents, private to the user. @throws UnsafePathError, mkdir's error */
export function makeFolder(folder: string): void {
  refuseForeignParent(folder);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
}

/**
 * Files that root creates in a user's folder (`sudo` that preserves HOME) would belong to root: the
 * user's own tools could not read or write them, and would silently stop recording.
 */
function refuseForeignParent(folder: string): void {
  const userId = ownUid();
  if (userId === undefined) return;
  let parent = folder;
  let stat = statSync(parent, { throwIfNoEntry: false });
  while (stat === undefined && dirname(parent) !== parent) {
    parent = dirname(parent);
    stat = statSync(parent, { throwIfNoEntry: false });
  }
  if (stat === undefined || stat.uid === userId || stat.uid === 0) return;
  throw new UnsafePathError(
    `${parent} belongs to another user (id ${stat.uid}), so nothing is created in it. Run this as that user.`,
  );
}

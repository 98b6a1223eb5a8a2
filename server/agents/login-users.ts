/**
 * Detects other login users of this machine: they could take the receiver's port while no window is
 * open.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** Lower user IDs belong to the system (Debian Policy 9.2.2; macOS: 500). */
const firstUserId = { linux: 1_000, darwin: 500 } as const;
/** 65534 is the system user `nobody`. */
const lastUserId = 65_533;

/** Returns true also if the users cannot be determined. */
export function hasOtherLoginUsers(platform: NodeJS.Platform = process.platform, passwd = "/etc/passwd"): boolean {
  const ownId = process.getuid?.();
  if (ownId === undefined || (platform !== "linux" && platform !== "darwin")) return true;
  const first = firstUserId[platform];
  const isOther = (uid: number) => uid !== ownId && uid >= first && uid <= lastUserId;
  try {
    if (platform === "darwin") return homesIn("/Users").some(isOther);
    // Users of a directory service are not in passwd, but have a home folder.
    return usersIn(readFileSync(passwd, "utf8")).some(isOther) || homesIn("/home").some(isOther);
  } catch {
    return true;
  }
}

/** Returns the IDs of users with a login shell. */
function usersIn(passwd: string): readonly number[] {
  return passwd.split("\n").flatMap((line) => {
    const [name, , uid, , , , shell = ""] = line.split(":");
    return name === "" || uid === undefined || /(?:nologin|false|sync)$/.test(shell) ? [] : [Number(uid)];
  });
}

function homesIn(folder: string): readonly number[] {
  return readdirSync(folder).flatMap((name) => {
    const stat = statSync(join(folder, name), { throwIfNoEntry: false });
    return stat?.isDirectory() === true ? [stat.uid] : [];
  });
}

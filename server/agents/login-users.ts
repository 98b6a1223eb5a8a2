/** Whether others can log in to this machine: they could take a port of ours while no window is open. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** Below it lie the system's own users (Debian Policy 9.2.2; macOS: 500). */
const firstUserId = { linux: 1_000, darwin: 500 } as const;
/** `nobody`. */
const lastUserId = 65_533;

/** True where it cannot be known. */
export function hasOtherLoginUsers(platform: NodeJS.Platform = process.platform, passwd = "/etc/passwd"): boolean {
  const own = process.getuid?.();
  if (own === undefined || (platform !== "linux" && platform !== "darwin")) return true;
  const first = firstUserId[platform];
  const isOther = (uid: number) => uid !== own && uid >= first && uid <= lastUserId;
  try {
    if (platform === "darwin") return homesIn("/Users").some(isOther);
    // A directory service's users are in no file, and have a home.
    return usersIn(readFileSync(passwd, "utf8")).some(isOther) || homesIn("/home").some(isOther);
  } catch {
    return true;
  }
}

/** The ids of those who have a shell. */
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

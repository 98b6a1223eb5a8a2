/** The user's home folder. */
import { homedir } from "node:os";

/** For users without a home folder, for example in a container. Does not exist. */
const noHome = "/nonexistent";

/** Returns `noHome` where Node throws: without HOME and without an entry in the user database. */
export function homeFolder(): string {
  try {
    return homedir();
  } catch {
    return noHome;
  }
}

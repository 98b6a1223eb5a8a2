/** The user's home folder. */
import { homedir } from "node:os";

/** Stands in where a user has none, in a container for example: nothing is there, and nothing can be made there. */
const noHome = "/nonexistent";

/** Without HOME and without an entry in the list of users Node throws: such a user has decided nothing. */
export function homeFolder(): string {
  try {
    return homedir();
  } catch {
    return noHome;
  }
}

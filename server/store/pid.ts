/** Returns whether a process exists on this machine. */
import { errorCode } from "../../shared/text/error-code.ts";
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: the process exists and belongs to another user.
    return errorCode(error) === "EPERM";
  }
}

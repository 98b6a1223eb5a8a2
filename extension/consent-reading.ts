/** Reads the user's decision as the editor needs it, before any worker runs: one file where nothing is recorded, and two where it is. */
import { constants, open, readFile } from "node:fs/promises";
import { consentFile, installationFile, isDefaultFolder, type PathContext } from "../shared/consent/config-paths.ts";
import { type ConsentReading, installationIn, readConsent } from "../shared/consent/consent.ts";

const groupOrOthersWrite = 0o022;

/** Never throws: a file that cannot be read may hold a no. */
export async function readDecision(surroundings: PathContext): Promise<ConsentReading> {
  try {
    // A link could lead to the record of another folder.
    const file = await open(consentFile(surroundings), constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    try {
      const text = await file.readFile("utf8");
      const reading = readConsent(text, null);
      if (reading !== "unbound" && reading !== "other_installation") return reading;
      const { uid, mode } = await file.stat();
      const own = process.geteuid?.();
      if (own !== undefined && (uid !== own || (mode & groupOrOthersWrite) !== 0)) return "other_user";
      const installation = await installationOf(surroundings);
      // The worker binds a decision of an earlier version when it starts.
      return readConsent(text, installation, installation === null && isDefaultFolder(surroundings));
    } finally {
      await file.close();
    }
  } catch (error) {
    // No file: never asked.
    return isMissing(error) ? null : "damaged";
  }
}

/** `null` where there is none. @throws the file system's error. */
async function installationOf(surroundings: PathContext): Promise<string | null> {
  try {
    return installationIn(await readFile(installationFile(surroundings), "utf8"));
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

const isMissing = (error: unknown): boolean => error instanceof Error && Reflect.get(error, "code") === "ENOENT";

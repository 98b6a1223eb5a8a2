/**
 * Reads the consent record in the extension host, before any worker runs. Without a consent bound
 * to an installation it reads one file, otherwise also the installation file.
 */

import { constants, open, readFile } from "node:fs/promises";
import { consentFile, installationFile, isDefaultFolder, type PathContext } from "../shared/consent/config-paths.ts";
import { type ConsentReading, installationIn, readConsent } from "../shared/consent/consent.ts";
import { errorCode } from "../shared/text/error-code.ts";

const groupOrOthersWrite = 0o022;

/** Never throws: an unreadable file is "damaged", because it may contain a refusal. */
export async function readDecision(context: PathContext): Promise<ConsentReading> {
  try {
    // A symbolic link could point to another user's consent.
    const file = await open(consentFile(context), constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    try {
      const text = await file.readFile("utf8");
      const reading = readConsent(text, null);
      if (reading !== "unbound" && reading !== "other_installation") return reading;
      const { uid, mode } = await file.stat();
      const ownUid = process.geteuid?.();
      if (ownUid !== undefined && (uid !== ownUid || (mode & groupOrOthersWrite) !== 0)) return "other_user";
      const installation = await readInstallation(context);
      // The worker binds the consent of an earlier version to this installation when it starts.
      return readConsent(text, installation, installation === null && isDefaultFolder(context));
    } finally {
      await file.close();
    }
  } catch (error) {
    // Without a file the user was never asked.
    return isMissing(error) ? null : "damaged";
  }
}

/** Returns `null` if the file does not exist. @throws other errors of the file system. */
async function readInstallation(context: PathContext): Promise<string | null> {
  try {
    return installationIn(await readFile(installationFile(context), "utf8"));
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

const isMissing = (error: unknown): boolean => errorCode(error) === "ENOENT";

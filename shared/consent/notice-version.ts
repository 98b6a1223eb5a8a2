/** Version and language of the consent notice, without its text: the extension host needs no more. */

/**
 * Rises once per release if a category has a new field, or a text means something else. `released-fields.json` has the fields of the
 * last release, `released-notices.json` its text, and a test compares them with `notice.ts`. With a new version, sharing pauses until
 * the user consents again.
 */
export const noticeVersion = "4";
/** BCP 47. */
export const noticeLanguage = "en";

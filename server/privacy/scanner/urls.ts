/**
 * Replaces URLs with their host (WHATWG URL), without user, password, port, path, query and
 * fragment. File URLs become `[USER_PATH]`.
 */
import type { Found } from "./rules.ts";
import { marks } from "./rules.ts";

/** Schemes for which the WHATWG parser accepts slashes, backslashes or none before the host. */
const webScheme = /^\s*(?:https?|wss?|ftp):/i;
const inText = /[a-z][a-z0-9+.-]{1,30}:(?:\/\/|\\\/\\\/)[^\s"'<>`]+/gi;
/** Schemes whose URLs have no public host. */
const hostless = /^(?:file|vscode|vscode-remote|vscode-file|smb|afp|nfs|cifs|content|blob|data|jdbc|s3|gs):/i;

export function redactUrls(text: string, found: Found): string {
  if (webScheme.test(text) && URL.canParse(text)) {
    const host = hostOf(text);
    if (host !== undefined) {
      if (host !== text) found("url");
      return host;
    }
  }
  if (!text.includes(":")) return text;
  return text.replace(inText, (url) => {
    found("url");
    // Punctuation after a URL belongs to the sentence.
    const end = /[\])},.;:!?\\]{0,8}$/.exec(url)?.[0] ?? "";
    const bare = url.slice(0, url.length - end.length).replaceAll("\\/", "/");
    return (hostless.test(bare) ? marks.path : (hostOf(bare) ?? marks.hostname)) + end;
  });
}

/** Returns the host of a URL, also for some that the WHATWG parser rejects. */
function hostOf(url: string): string | undefined {
  if (!URL.canParse(url)) {
    // Database URLs may contain several hosts; return the first one, after the last @.
    const authority = /^[^:]{1,31}:\/\/([^/?#]{0,512})/.exec(url)?.[1] ?? "";
    const host = authority.slice(authority.lastIndexOf("@") + 1).split(/[:,]/, 1)[0] ?? "";
    return /^[a-z0-9.-]{1,253}$/i.test(host) ? host.toLowerCase() : undefined;
  }
  const { hostname } = new URL(url);
  return hostname === "" ? undefined : hostname;
}

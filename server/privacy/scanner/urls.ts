/**
 * URLs become their host (WHATWG URL). User, password, port, path, query and fragment are gone; a file's URL becomes a
 * path's mark.
 */
import type { Found } from "./rules.ts";
import { marks } from "./rules.ts";

/** Schemes with a host, in which the parser takes slashes, backslashes and none alike. */
const whole = /^\s*(?:https?|wss?|ftp):/i;
const inText = /[a-z][a-z0-9+.-]{1,30}:(?:\/\/|\\\/\\\/)[^\s"'<>`]+/gi;
/** A scheme with nothing in it that is a host: all of it is the user's. */
const hostless = /^(?:file|vscode|vscode-remote|vscode-file|smb|afp|nfs|cifs|content|blob|data|jdbc|s3|gs):/i;

export function redactUrls(text: string, found: Found): string {
  if (whole.test(text) && URL.canParse(text)) {
    const host = hostOf(text);
    if (host !== undefined) {
      if (host !== text) found("url");
      return host;
    }
  }
  if (!text.includes(":")) return text;
  return text.replace(inText, (url) => {
    found("url");
    // A comma, a bracket or a full stop after a URL belongs to the sentence.
    const end = /[\])},.;:!?\\]{0,8}$/.exec(url)?.[0] ?? "";
    const bare = url.slice(0, url.length - end.length).replaceAll("\\/", "/");
    return (hostless.test(bare) ? marks.path : (hostOf(bare) ?? marks.hostname)) + end;
  });
}

/** The host as it may stand in a text: an address of a machine is none. */
function hostOf(url: string): string | undefined {
  if (!URL.canParse(url)) {
    // A database's URL may name several hosts; the part after the last @ is the first of them.
    const authority = /^[^:]{1,31}:\/\/([^/?#]{0,512})/.exec(url)?.[1] ?? "";
    const host = authority.slice(authority.lastIndexOf("@") + 1).split(/[:,]/, 1)[0] ?? "";
    return /^[a-z0-9.-]{1,253}$/i.test(host) ? host.toLowerCase() : undefined;
  }
  const { hostname } = new URL(url);
  return hostname === "" ? undefined : hostname;
}

/**
 * The upload destination: `NEXUS_USAGE_UPLOAD_URL`, or `upload_url` in `config.toml`. Never an
 * editor setting, and there is no default. Requires HTTPS, or plain HTTP on the loopback interface.
 */
export interface Destination {
  /** The URL that batches are posted to, as consent records name it. */
  readonly url: string;
  /** Host and port. */
  readonly host: string;
  /** Hashes (`sha256/` and base64) of public keys (SPKI); the certificate must match one. */
  readonly pins: readonly string[];
  /** `NEXUS_USAGE_UPLOAD_TOKEN`, for the `Authorization` header. */
  readonly token: string | undefined;
}

/** The URL or token is invalid. The message is for the user and quotes neither. */
export class DestinationError extends Error {
  override readonly name = "DestinationError";
}

export const noDestination = "No destination. Set NEXUS_USAGE_UPLOAD_URL or upload_url in config.toml.";

const loopback = /^(localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** RFC 6750, section 2.1. */
const bearer = /^[A-Za-z0-9._~+/-]+=*$/;

/** @throws DestinationError */
export function destinationOf(
  setting: { readonly url: string; readonly from: string },
  token: string | undefined,
  pins: readonly string[],
): Destination {
  const refuse = (why: string): never => {
    throw new DestinationError(`${setting.from}: ${why}.`);
  };
  const url = URL.canParse(setting.url) ? new URL(setting.url) : refuse("not a valid URL; use https://host/path");
  if (url.protocol !== "https:" && !(url.protocol === "http:" && loopback.test(url.hostname))) {
    refuse("must use https (http only for localhost)");
  }
  if (url.username !== "" || url.password !== "") refuse("must not contain credentials; use NEXUS_USAGE_UPLOAD_TOKEN");
  if (url.hash !== "" || url.search !== "") refuse("must not contain a query (?) or fragment (#)");
  if (token !== undefined && !bearer.test(token)) {
    throw new DestinationError("NEXUS_USAGE_UPLOAD_TOKEN: not a valid bearer token.");
  }
  return { url: url.href, host: url.host, pins, token };
}

/** Returns the URL of another route next to the one for batches: `…/events` → `…/enroll`. */
export function siblingUrl({ url }: Destination, route: string): string {
  return new URL(route, url).href;
}

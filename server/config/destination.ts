/**
 * Where to send: `NEXUS_USAGE_UPLOAD_URL`, or `upload_url` of the configuration; never an editor setting, and no default.
 * HTTPS, or plain HTTP to this machine itself.
 */
export interface Destination {
  /** The address that takes batches: origin and path, as a consent names it. */
  readonly url: string;
  /** Host and port. */
  readonly host: string;
  /** SHA-256 of public keys (SPKI), of which the server's certificate must have one. `sha256/` and base64. */
  readonly pins: readonly string[];
  /** `NEXUS_USAGE_UPLOAD_TOKEN`, for the `Authorization` header. */
  readonly token: string | undefined;
}

/** An address or a token that cannot be used. The message is for the user and quotes neither. */
export class DestinationError extends Error {
  override readonly name = "DestinationError";
}

const loopback = /^(localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** What may stand in a header (RFC 6750, section 2.1). */
const bearer = /^[A-Za-z0-9._~+/-]+=*$/;

/** @throws DestinationError */
export function destinationOf(
  given: { readonly url: string; readonly from: string },
  token: string | undefined,
  pins: readonly string[],
): Destination {
  const refuse = (why: string): never => {
    throw new DestinationError(`${given.from} cannot be used: ${why}`);
  };
  const url = URL.canParse(given.url) ? new URL(given.url) : refuse("it is no address. Write https://host/path.");
  if (url.protocol !== "https:" && !(url.protocol === "http:" && loopback.test(url.hostname))) {
    refuse("only https is allowed, and http to this machine itself.");
  }
  if (url.username !== "" || url.password !== "") refuse("it holds a name or password. Use NEXUS_USAGE_UPLOAD_TOKEN.");
  if (url.hash !== "" || url.search !== "") refuse("it must end with the path, without ? and #.");
  if (token !== undefined && !bearer.test(token)) {
    throw new DestinationError("NEXUS_USAGE_UPLOAD_TOKEN cannot be used: it has characters that no bearer token has.");
  }
  return { url: url.href, host: url.host, pins, token };
}

/** A route beside the one for batches: `…/events` → `…/enroll`. */
export function siblingUrl({ url }: Destination, route: string): string {
  return new URL(route, url).href;
}

/** Replaces email, IP and MAC addresses, coordinates, private host names and hardware IDs. */
import { isIPv6 } from "node:net";
import { namedHost } from "./hosts.ts";
import { type Found, marks } from "./rules.ts";

/**
 * Lengths of RFC 5321, letters of any script (RFC 6531), optionally quoted local part. Includes the
 * path of a remote repository (`git@host:name/repository`).
 */
const email =
  /(?:"[^"\n@]{1,64}"|[\p{L}\p{N}._%+!#$&'*/=?^{|}~-]{1,64})(?:@|＠|%40)(?:\[[^\][\s]{1,64}\]|[\p{L}\p{N}][\p{L}\p{N}._-]{0,252}(?::(?!\/\/)[\w.~-]{1,255}\/[^\s"'\x60<>|;,()]*)?)/gu;
/** The part after the @ in package@version or image@sha256, which is not a host. */
const versionOrDigest =
  /^(?:v?\d{1,5}(?:\.\d{1,5}){0,2}(?:-[a-z0-9.]{1,20})?|latest|next|beta|canary|rc|stable|workspace|sha256|\d{1,5}\.x)$/i;

const ipv4 = /(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?!\d|\.\d)/g;
const ipv6 =
  /(?<![0-9a-z])(?:[0-9a-f]{0,4}:){2,9}(?:(?:\d{1,3}\.){3}\d{1,3}|[0-9a-f]{0,4})(?:%[\w.-]{1,16})?(?![0-9a-z])/gi;
const mac =
  /(?<![\w:-])(?:[0-9a-f]{2}[:-]){5}(?:[0-9a-f]{2}[:-]?){0,2}[0-9a-f]{2}(?![\w])|(?<![\w.])(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}(?![\w.])/gi;

const decimalCoordinates =
  /(?<![\w.])[-+]?(?:[0-8]?\d|90)\.\d{3,15}°?\s?[NS]?\s{0,3}[,;/ ]\s{0,3}[-+]?(?:1[0-7]\d|\d{1,2}|180)\.\d{3,15}°?(?:\s?[EWO])?(?![\w.])/g;
const degrees =
  /\d{1,3}\s?[°º]\s?\d{1,2}(?:[.,]\d{1,6})?\s?['′’]?\s?(?:\d{1,2}(?:[.,]\d{1,6})?\s?(?:["″”]|''))?\s?[NSEWO]?/gi;
const geoUri = /\bgeo:-?\d{1,3}(?:\.\d{1,15})?,-?\d{1,3}(?:\.\d{1,15})?[^\s"']*/gi;
const namedCoordinate =
  /\b(?:lat(?:itude)?|lon(?:g(?:itude)?)?|lng)["']?\s{0,3}[:=]\s{0,3}["']?[-+]?\d{1,3}\.\d{1,15}/gi;

const hardware =
  /\b(?:serial(?:[ _-]?(?:no|number|nr))?|s\/n|sn|imei|imsi|meid|iccid|udid|uuid|wwn|machine[ _-]?id|hardware[ _-]?id|device[ _-]?id|mac[ _-]?address)["']?\s{0,3}(?:[:=#]\s{0,3}|is\s|no\.?\s)["']?(?=[A-Z0-9-]{0,40}\d)[A-Z0-9][A-Z0-9-]{5,63}/gi;

export function redactAddresses(text: string, found: Found): string {
  let result = text;
  const replace = (pattern: RegExp, rule: keyof typeof marks, isMatch: (hit: string) => boolean = () => true) => {
    result = result.replace(pattern, (hit) => {
      if (!isMatch(hit)) return hit;
      found(rule);
      return marks[rule];
    });
  };
  if (/@|＠|%40/.test(text)) {
    replace(email, "email", (hit) => !versionOrDigest.test(hit.slice(hit.search(/@[^@]*$/) + 1)));
  }
  if (/\d/.test(text)) {
    replace(geoUri, "coordinates");
    replace(namedCoordinate, "coordinates");
    replace(decimalCoordinates, "coordinates");
    replace(degrees, "coordinates");
    replace(ipv4, "ip_address", isIpv4);
    replace(hardware, "hardware_id");
  }
  if (/[0-9a-f][:.-][0-9a-f]/i.test(text)) replace(mac, "mac_address");
  if (text.includes(":")) {
    result = result.replace(ipv6, (hit) => {
      // A single colon before or after an address is punctuation.
      const address = hit.replace(/^:(?!:)/, "").replace(/(?<!:):$/, "");
      if (address === "::" || !isIPv6(address.split("%", 1)[0] ?? "")) return hit;
      found("ip_address");
      return hit.replace(address, () => marks.ip_address);
    });
  }
  replace(namedHost, "hostname");
  return result;
}

const isIpv4 = (hit: string): boolean => hit.split(".").every((part) => Number(part) <= 255);

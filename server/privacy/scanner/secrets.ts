/** Detects private keys, values assigned to names of secrets, and random-looking tokens. */

import { isNotPassword, isPlaceholder } from "./placeholder.ts";
import { isRandom } from "./randomness.ts";
import type { Found } from "./rules.ts";

const privateKey =
  /-{4,5}(?: |%20)?BEGIN(?: |%20)[A-Z0-9% ]{0,60}(?:KEY|CERTIFICATE|MESSAGE)|PuTTY-User-Key-File|\bAGE-SECRET-KEY-1|\bssh-(?:rsa|ed25519|dss) AAAA|"kty"\s{0,4}:/i;

/** Names of secrets, also as part of a longer name. */
const secretName = `(?:pass(?:word|wd|phrase|code)?s?|pas?s?s?w(?:o?r)?d|passwort|kennwort|contrase|pwd|pw|secrets?|srt|tokens?|keys?|credentials?|creds?|auth(?:orization|entication)?|bearer|cookie|session|signature|sig|salt|nonce|otp|jwt|webhook|access|license|certificate|art-api|client[_. -]?id|account|apikey|dsn)`;
const assignment = new RegExp(
  String.raw`${secretName}(?![a-z])[\w.\-\])"'\\]{0,40}\s{0,4}(?:[:=!<>|]{1,4}|,|\bis\b|\s)[=>\s]{0,4}(?:&quot;|[\\"'\x60(\[{]{0,4})([^\s"'\x60<>;&]{4,})`,
  "gi",
);

/** Token prefixes of issuers, and licence keys in groups. */
const issued =
  /(?<![A-Za-z0-9])(?:(?:A3T[A-Z0-9]|ABIA|ACCA|AGPA|AIDA|AIPA|AKIA|ANPA|ANVA|APKA|AROA|ASCA|ASIA)[A-Z0-9]{16}|AKC[A-Za-z0-9]{10}|AP[0-9A-F][A-Za-z0-9]{8}|AIza[\w-]{20}|ya29\.[\w-]{10}|eyJ[\w-]{10}|(?:dckr_pat|gh[oprsu]|github_pat|gl[a-z]{2,6}|hf|hv[bs]|key|lin_api|npm|pat|pul|pypi|rk|rdme|r8|sbp|sgp|shp[a-z]{2}|sk|pk|sntry[a-z]|sq0[a-z]{3}|tskey|whsec|xapp|xox[a-z]|xkeysib|[a-z]{2,12}_(?:live|pat|prod|sec|secret|test|token))[-_.](?=[\w-]{0,40}\d)[\w-]{10}|[A-Z0-9]{4,8}(?:-[A-Z0-9]{4,8}){3,8}(?![A-Za-z0-9-]))/;

/** RFC 7617 and RFC 6750, at any position. */
const authorization = /\b(?:basic|bearer)\s{1,4}(?=[\w+/.~-]{0,64}[0-9+/=])[\w+/.~-]{8}/i;

const words = /[^\s"'\x60<>|;,(){}[\]\\]+/g;

/** Values assigned to a password: here even a plain word counts. */
const password =
  /(?:pass(?:word|wd|phrase)|passwd|pgpassword|pwd|\bpw)["']?\s{0,3}[:=]\s{0,3}["']?([^\s"'`<>;&]{4,64})/gi;

export function hasSecret(text: string, found: Found): boolean {
  if (privateKey.test(text)) {
    found("private_key");
    return true;
  }
  if (issued.test(text) || authorization.test(text)) {
    found("token");
    return true;
  }
  for (const [, value = ""] of text.matchAll(assignment)) {
    if (!isPlaceholder(value)) {
      found("assigned_secret");
      return true;
    }
  }
  for (const [, value = ""] of text.matchAll(password)) {
    if (!isNotPassword(value)) {
      found("assigned_secret");
      return true;
    }
  }
  for (const [word] of text.matchAll(words)) {
    if (isRandom(word)) {
      found("token");
      return true;
    }
  }
  return false;
}

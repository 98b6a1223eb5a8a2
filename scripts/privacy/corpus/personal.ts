/** Generates personal data of many countries and machines, with valid check digits. */
import type { Random } from "./random.ts";

const names = [
  "ada",
  "björn",
  "chinedu",
  "dagný",
  "emre",
  "françois",
  "giulia",
  "hiroshi",
  "íñigo",
  "jürgen",
  "łukasz",
];
const families = [
  "lovelace",
  "ångström",
  "okonkwo",
  "o'brien",
  "yılmaz",
  "muñoz",
  "rossi",
  "tanaka",
  "šimić",
  "nguyễn",
];
const hosts = [
  "example.com",
  "mail.example.org",
  "firma.example.de",
  "corp.example.co.uk",
  "пример.example",
  "a-b.example.io",
];

const person = (random: Random) => `${random.of(names)}.${random.of(families).replace("'", "")}`;

/** IBAN lengths of countries with only digits (ISO 13616). */
const ibanLengths: Readonly<Record<string, number>> = {
  AT: 20,
  BE: 16,
  CH: 21,
  CZ: 24,
  DE: 22,
  DK: 18,
  EE: 20,
  ES: 24,
  FI: 18,
  HR: 21,
  HU: 28,
  LT: 20,
  NO: 15,
  PL: 28,
  PT: 25,
  SE: 24,
  SI: 19,
  SK: 24,
};

function iban(random: Random): string {
  const country = random.of(Object.keys(ibanLengths));
  const account = random.fill(`{d${(ibanLengths[country] ?? 22) - 4}}`);
  const spelled = [...`${account}${country}00`].map((char) => Number.parseInt(char, 36)).join("");
  const check = 98n - (BigInt(spelled) % 97n);
  const full = `${country}${String(check).padStart(2, "0")}${account}`;
  return random.integer(2) === 0 ? full : full.replace(/.{4}(?=.)/g, "$& ");
}

function card(random: Random): string {
  const [prefix, length] = random.of([
    ["4", 16],
    ["51", 16],
    ["37", 15],
    ["6011", 16],
    ["3528", 16],
    ["36", 14],
  ] as const);
  const body = prefix + random.letters("0123456789", length - prefix.length - 1);
  let sum = 0;
  for (let position = 0; position < body.length; position += 1) {
    const digit = Number(body[body.length - 1 - position]);
    const doubled = position % 2 === 0 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  const full = `${body}${(10 - (sum % 10)) % 10}`;
  return random.of([full, full.replace(/.{4}(?=.)/g, "$& "), full.replace(/.{4}(?=.)/g, "$&-")]);
}

/** Country codes with a plausible grouping (E.123). */
const phones = [
  "+1 ({d3}) {d3}-{d4}",
  "+1-{d3}-{d3}-{d4}",
  "+33 1 {d2} {d2} {d2} {d2}",
  "+34 6{d2} {d3} {d3}",
  "+351 9{d2} {d3} {d3}",
  "+353 1 {d3} {d4}",
  "+39 06 {d4} {d4}",
  "+41 44 {d3} {d2} {d2}",
  "+44 20 7{d3} {d4}",
  "+45 {d2} {d2} {d2} {d2}",
  "+46 8 {d3} {d3} {d2}",
  "+47 {d3} {d2} {d3}",
  "+48 {d3} {d3} {d3}",
  "+49 30 {d7}",
  "+49 151 {d8}",
  "+52 55 {d4} {d4}",
  "+55 11 9{d4}-{d4}",
  "+61 4{d2} {d3} {d3}",
  "+62 812-{d4}-{d4}",
  "+65 9{d3} {d4}",
  "+7 495 {d3}-{d2}-{d2}",
  "+81 3-{d4}-{d4}",
  "+82 10-{d4}-{d4}",
  "+86 138 {d4} {d4}",
  "+90 532 {d3} {d2} {d2}",
  "+91 98{d3} {d5}",
  "+234 803 {d3} {d4}",
  "+254 712 {d6}",
  "+27 82 {d3} {d4}",
  "+372 5{d3} {d4}",
  "+380 44 {d3} {d4}",
  "+971 50 {d3} {d4}",
  "+972 50-{d3}-{d4}",
  "tel:+1{d10}",
  "00 49 170 {d7}",
];

function ipv4(random: Random): string {
  return [1 + random.integer(223), random.integer(256), random.integer(256), 1 + random.integer(254)].join(".");
}

const folders = [
  "projects/client-x/src/index.ts",
  ".ssh/id_ed25519",
  "Documents/taxes 2026.pdf",
  "acme-merger/README.md",
];

function path(random: Random): string {
  const user = random.of(names);
  const rest = random.of(folders);
  const back = rest.replaceAll("/", "\\");
  return random.of([
    `/home/${user}/${rest}`,
    `/Users/${user}/${rest}`,
    `/Users/${user} ${random.of(families)}/${rest}`,
    `/root/${rest}`,
    `/mnt/c/Users/${user}/${rest}`,
    `/c/Users/${user}/${rest}`,
    `C:\\Users\\${user}\\${back}`,
    `C:\\Users\\${user} ${random.of(families)}\\${back}`,
    `D:/projects/${user}/${rest}`,
    `\\\\nas01\\home$\\${user}\\${back}`,
    `\\\\?\\C:\\Users\\${user}\\${back}`,
    `//server/share/${user}/${rest}`,
    `file:///home/${user}/${rest}`,
    `file:///C:/Users/${user}/${rest}`,
    `vscode-remote://ssh-remote%2Bbox/home/${user}/${rest}`,
    `~${random.of(names.slice(0, 1))}/${rest}`,
  ]);
}

/** Class → generator of a value. */
export const personal: Readonly<Record<string, (random: Random) => string>> = {
  email: (random) => `${person(random)}@${random.of(hosts)}`,
  phone: (random) => random.fill(random.of(phones)),
  ipv4,
  ipv6: (random) =>
    random.fill(
      random.of(["2001:db8:{h4}:{h4}:{h4}:{h4}:{h4}:{h4}", "fe80::{h4}:{h4}:{h4}:{h4}%eth0", "2a02:{h4}::{h4}"]),
    ),
  mac: (random) =>
    random.fill(random.of(["{h2}:{h2}:{h2}:{h2}:{h2}:{h2}", "{H2}-{H2}-{H2}-{H2}-{H2}-{H2}", "{h4}.{h4}.{h4}"])),
  card,
  iban,
  path,
  url: (random) =>
    random.fill(
      random.of([
        `https://${random.of(names.slice(0, 1))}:{a12}@host.example.com/private/{c8}?q={c8}#{c6}`,
        "https://intranet.example.com/board/{c9}/edit?user={c7}",
        "http://localhost:3000/reset/{a20}",
        "wss://live.example.net/room/{c10}",
        "redis://default:{a16}@cache.example.net:6379/0",
      ]),
    ),
  coordinates: (random) =>
    random.fill(
      random.of([
        "5{d1}.{d6}, 1{d1}.{d6}",
        "-3{d1}.{d5} 14{d1}.{d5}",
        "4{d1}°2{d1}'1{d1}\"N 2°1{d1}'2{d1}\"E",
        "geo:4{d1}.{d4},1{d1}.{d4}",
        "lat=4{d1}.{d5}",
      ]),
    ),
  hostname: (random) =>
    random.fill(random.of(["{c6}-laptop.local", "db{d2}.prod.corp", "{c7}.internal", "nas.{c5}.lan"])),
  hardware: (random) =>
    random.fill(
      random.of([
        "serial number: C02{u9}",
        "S/N: {u3}{d7}",
        "IMEI: 35{d13}",
        "machine-id={h32}",
        "uuid: {h8}-{h4}-4{h3}-a{h3}-{h12}",
      ]),
    ),
  national_id: (random) =>
    random.fill(random.of(["{d3}-{d2}-{d4}", "{d6}-{d4}", "{d11}", "{A2}{d6}", "{d3} {d3} {d4}"])),
};

export const personalContexts: readonly string[] = [
  "§",
  "failed for § (code 3)",
  "ssh-copy-id --to '§' now",
  'value="§"',
  "open § and retry",
];

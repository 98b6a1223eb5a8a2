import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "../../../scripts/privacy/corpus/random.ts";
import commands from "../../../shared/vocabulary/commands.json" with { type: "json" };
import { marks, type Rule, rules } from "./rules.ts";
import { scan } from "./scan.ts";

const random = new Random(20_261_121);
const scanned = (text: string) => scan(text).text;

describe("scanner", () => {
  it.each<[string, string, Rule]>([
    ["mail ada.lovelace+x@example.co.uk now", "mail [EMAIL] now", "email"],
    ["伊昭傑@郵件.商務", "[EMAIL]", "email"],
    ['"ada l"@example.com', "[EMAIL]", "email"],
    ["git@github.com:ada/private.git", "[EMAIL]", "email"],
    ["from 192.168.1.12:8080", "from [IP]:8080", "ip_address"],
    ["ping fe80::1ff:fe23:4567:890a%eth2", "ping [IP]", "ip_address"],
    ["From 2001:db8::1: icmp", "From [IP]: icmp", "ip_address"],
    ["ip:2001:db8::1", "ip:[IP]", "ip_address"],
    ["IP_192.168.1.12", "IP_[IP]", "ip_address"],
    ["card_4111111111111111", "card_[CARD]", "card"],
    ["4111\u00a01111\u00a01111\u00a01111", "[CARD]", "card"],
    ["DE89370400440532013000EUR", "[IBAN]EUR", "iban"],
    ["user=ada%40example.com", "[EMAIL]", "email"],
    ["at 00:1A:2b:3C:4d:5E", "at [MAC]", "mac_address"],
    ["at AA-BB-CC-DD-EE-FF", "at [MAC]", "mac_address"],
    ["at 001a.2b3c.4d5e", "at [MAC]", "mac_address"],
    ["card 4111 1111 1111 1111", "card [CARD]", "card"],
    ["iban DE89 3704 0044 0532 0130 00 and", "iban [IBAN] and", "iban"],
    ["call +44 20 7946 0958 now", "call [PHONE] now", "phone"],
    ["tel:+18697652917", "[PHONE]", "phone"],
    ["his number is 312-36-7379", "his number is [NUMBER]", "number"],
    ["cat /home/ada/x.txt", "cat [USER_PATH]", "path"],
    ["/Users/Ada Lovelace/notes.txt", "[USER_PATH]", "path"],
    ["C:\\Users\\Ada Lovelace\\notes.txt", "[USER_PATH]", "path"],
    ["C:\\\\Users\\\\ada\\\\notes.txt", "[USER_PATH]", "path"],
    ["\\\\nas\\home$\\ada\\notes.txt", "[USER_PATH]", "path"],
    ["//server/share/ada", "[USER_PATH]", "path"],
    ["file:///home/ada/notes.txt", "[USER_PATH]", "url"],
    ["~ada/notes.txt", "[USER_PATH]", "path"],
    ["PATH=/usr/bin:/home/ada/bin", "PATH=[USER_PATH]", "path"],
    ["https://ada:pw@www.example.com:8443/p/a?q=1#f", "www.example.com", "url"],
    ["see https://example.com/private.", "see example.com.", "url"],
    ["https://faß.ExAmPlE/", "xn--fa-hia.example", "url"],
    ["ping ada-laptop.local", "ping [HOST]", "hostname"],
    ["open acme.jfrog.io", "open [HOST]", "hostname"],
    ["48.85837, 2.294481", "[PLACE]", "coordinates"],
    ["48°51'29\"N", "[PLACE]", "coordinates"],
    ["geo:48.8584,2.2945", "[PLACE]", "coordinates"],
    ["serial number: C02XK1J9JG5J", "[DEVICE]", "hardware_id"],
  ])("redacts %j to %j", (text, expected, rule) => {
    const { text: redacted, rules: hits } = scan(text);
    expect(redacted).toBe(expected);
    expect(hits).toContain(rule);
  });

  it.each<[string, Rule]>([
    ["-----BEGIN RSA PRIVATE KEY-----", "private_key"],
    ["-----BEGIN CERTIFICATE-----", "private_key"],
    ["---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----", "private_key"],
    ["-----BEGIN%20RSA%20PRIVATE%20KEY-----", "private_key"],
    ["password: hunter2!", "assigned_secret"],
    ["password=letmein", "assigned_secret"],
    ["PGPASSWORD=monkey psql", "assigned_secret"],
    ['"api_key" => "q8Zt3kV9x"', "assigned_secret"],
    ["(pw:IhqSb1Gg)", "assigned_secret"],
    [random.fill("ghp_{a36}"), "token"],
    [random.fill("AKIA{u16}"), "token"],
    [random.fill("use {l32} here"), "token"],
    [random.fill("{h8}-{h4}-4{h3}-a{h3}-{h12}"), "token"],
    [random.fill("Basic {a20}=="), "token"],
    [random.fill("{u5}-{u5}-{u5}-{u5}"), "token"],
  ])("drops text with a secret completely: %j", (text, rule) => {
    const { text: redacted, rules: hits } = scan(text);
    expect(redacted).toBeNull();
    expect([...hits]).toContain(rule);
  });

  it.each([
    "git commit -m message",
    "find . -name '*.ts' -type f | xargs grep -l TODO",
    "docker run --rm -it -p 8080:80 nginx:1.27",
    "npm install lodash@4.17.21 --save-exact",
    "kubectl get pods -n prod -o wide",
    "export PASSWORD=$PASSWORD",
    "mysql --password=path/to/file",
    "curl example.com",
    "chmod 0755 path/to/file && ls -la",
    "python3 -m http.server 8000",
    "std::vector<int>",
    "git log --since=2024-11-21",
    "npm i foo@5.x bar@workspace:*",
    "version 2024.11.15",
    "12:30:45 3.14 v1.2.3 x86_64 utf-8 sha256",
    "",
    "   ",
  ])("does not change %j", (text) => expect(scan(text)).toEqual({ text, rules: new Set() }));

  it("finds nothing in the vocabulary of commands", () => {
    const hit: string[] = [];
    for (const [program, subcommands] of Object.entries(commands.programs)) {
      for (const path of [program, ...subcommands.split("|").map((words) => `${program} ${words}`)]) {
        if (scan(path).rules.size > 0) hit.push(path);
      }
    }
    expect(hit).toEqual([]);
  });

  it("finds nothing in its placeholders", () => {
    for (const mark of Object.values(marks)) expect(scanned(mark)).toBe(mark);
  });

  const pieces = fc.constantFrom(
    "https://ada@example.com/x",
    "ada@example.com",
    "/home/ada/x",
    "C:\\Users\\ada",
    "+49 30 1234567",
    "10.0.0.1",
    "::1",
    "DE89370400440532013000",
    "@",
    "[1.2.3.4]",
    "lat=1.23",
    "x.local",
    "key=",
    "~a",
    "\u202e",
    "\ud800",
    "\0",
    " ",
    "/",
    '"',
  );
  const anyText = fc.oneof(
    fc.string({ unit: "binary", maxLength: 400 }),
    fc.string({ unit: "grapheme", maxLength: 200 }),
    fc.array(fc.oneof(pieces, fc.string({ maxLength: 6 })), { maxLength: 12 }).map((parts) => parts.join("")),
  );

  it("never throws, reports only its rules, and is idempotent", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const { text: once, rules: hits } = scan(text);
        for (const rule of hits) expect(rules).toContain(rule);
        if (once === null) expect(hits.size).toBeGreaterThan(0);
        else expect(scanned(once)).toBe(once);
        if (hits.size === 0) expect(once).toBe(text);
      }),
      { numRuns: 20_000 },
    );
  });

  it("leaves only parts of the original text between placeholders", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const redacted = scanned(text);
        if (redacted === null || text.includes(":")) return;
        for (const part of redacted.split(/\[(?:USER_PATH|[A-Z]+)\]/)) expect(text).toContain(part);
      }),
      { numRuns: 5_000 },
    );
  });
});

/** The result of all checks as text for a bug report, without anything personal. */
import { hostname, userInfo } from "node:os";
import type { DoctorCheck } from "./check.ts";

/** What may be in a message and must not be in a report. */
export interface Secrets {
  readonly home: string;
  /** Folders that a variable moved elsewhere, with the variable's name. */
  readonly folders: readonly (readonly [name: string, path: string])[];
  /** Host and port of the server that data is shared with. */
  readonly destination: string | null;
}

/** Their errors quote what the user typed, also where another check repeats them. */
const quoting: ReadonlySet<string> = new Set(["configuration", "policy"]);

/** Returns Markdown. A message with another path than the known ones is left out. */
export function reportText(checks: readonly DoctorCheck[], secrets: Secrets): string {
  const quotes = checks.filter(({ name, status }) => quoting.has(name) && status === "error");
  const rows = checks.map(({ name, status, message }) => {
    const isQuote = quotes.some((quote) => message.includes(quote.message));
    const text = isQuote ? "(the message quotes your file: left out)" : message;
    return `| ${name} | ${status} | ${withoutSecrets(text, secrets).replaceAll("|", "\\|").replace(/\s+/g, " ")} |`;
  });
  return `# nexus doctor\n\n| Check | Status | Message |\n| --- | --- | --- |\n${rows.join("\n")}\n`;
}

/** What the product and the agents have below the home folder, in full: these paths say nothing about the user. */
const knownPaths =
  /(?:~[\\/]nexus|\$NEXUS_HOME)(?:[\\/]state(?:[\\/](?:telemetry\.db|events|events-outbox|usage|agents|recording\.txt))?)?(?![\w\\/.-])|~[\\/]\.config[\\/]nexus(?:[\\/](?:config\.toml|consent\.jsonl))?(?![\w\\/.-])|~[\\/]\.[\w-]+[\\/](?:extensions[\\/]nexus\.nexus-telemetry-[\w.-]+|settings(?:\.local)?\.json|hooks(?:[\\/]nexus)?\.json|config\.toml)(?![\w\\/.-])|\/etc\/nexus\/policy\.toml/g;
const anyPath = /[\\/]|~/;

function withoutSecrets(message: string, { home, folders, destination }: Secrets): string {
  const names: readonly (readonly [string, string])[] = [
    ...folders.map(([name, path]) => [path.replace(/[\\/]+$/, ""), `$${name}`] as const),
    [home, "~"],
    ...(destination === null ? [] : [[destination, "(server)"] as const, [hostOf(destination), "(server)"] as const]),
    [hostname(), "(host)"],
    [userName(), "(user)"],
  ];
  let text = message;
  for (const [secret, name] of names) if (secret.length > 1) text = replaceWords(text, secret, name);
  // A folder's name can have spaces, so that its end is not known: without the whole message nothing is left of it.
  const rest = text.replace(knownPaths, "").replace(/\(server\)|\(user\)|\(host\)|and\/or/g, "");
  return anyPath.test(rest) ? "(left out: it names a folder)" : text;
}

/** A user of a container may have no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return "";
  }
}

/** Not in the middle of a longer word or name. */
function replaceWords(text: string, secret: string, name: string): string {
  const escaped = secret.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return text.replace(new RegExp(`(?<![\\w-])${escaped}(?![\\w-])`, "g"), () => name);
}

const hostOf = (destination: string): string => destination.replace(/[/:].*$/, "");

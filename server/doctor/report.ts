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

/** Returns Markdown. A path outside of the known folders is left out. */
export function reportText(checks: readonly DoctorCheck[], secrets: Secrets): string {
  const quotes = checks.filter(({ name, status }) => quoting.has(name) && status === "error");
  const rows = checks.map(({ name, status, message }) => {
    const isQuote = quotes.some((quote) => message.includes(quote.message));
    const text = isQuote ? "(the message quotes your file: left out)" : message;
    return `| ${name} | ${status} | ${withoutSecrets(text, secrets).replaceAll("|", "\\|").replace(/\s+/g, " ")} |`;
  });
  return `# nexus doctor\n\n| Check | Status | Message |\n| --- | --- | --- |\n${rows.join("\n")}\n`;
}

function withoutSecrets(message: string, { home, folders, destination }: Secrets): string {
  const names: readonly (readonly [string, string])[] = [
    ...folders.filter(([, path]) => path !== "").map(([name, path]) => [path, `$${name}`] as const),
    [home, "~"],
    ...(destination === null ? [] : [[destination, "(server)"] as const, [hostOf(destination), "(server)"] as const]),
    [hostname(), "(host)"],
    [userInfo().username, "(user)"],
  ];
  let text = message;
  for (const [secret, name] of names) if (secret !== "") text = text.replaceAll(secret, name);
  // What is left of paths: of Windows, of other users, below a folder without a name.
  return text.replace(/(?<![\w~$).])(?:[A-Za-z]:\\|\/)[^\s,;:)|]+/g, (path) =>
    /^\/etc\/nexus\//.test(path) ? path : "(path)",
  );
}

const hostOf = (destination: string): string => destination.replace(/[/:].*$/, "");

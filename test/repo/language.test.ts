/** The words that the glossary forbids do not occur in texts for users and in documents. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** From the column "Do not use" of docs/internals/glossary.md: those that are wrong in any sense. */
const forbidden = (
  "alone, anew, apart, barred, deeds, door, doors, faces, lies, nobody, put aside, set aside, somebody, stands, tell, " +
  "telling, tellings, tells, tick, ticked, toast, told, unsound, untick, whoever"
).split(", ");

/** Correct in another sense, or a fixed name. */
const exceptions: readonly RegExp[] = [
  // The file and the lease of the receiver keep their names.
  /doors\.json/g,
  /["`]doors["`]/g,
  // The system user.
  /`nobody`/g,
];

/** The notice changes only with its version. */
const excluded =
  /^(?:docs\/decisions\/|docs\/internals\/(?:glossary|writing)\.md|docs\/reference\/consent-text\.md|shared\/consent\/notice\.ts|THIRD-PARTY-NOTICES\.md$|test\/)/;

function found(text: string): readonly string[] {
  const plain = exceptions.reduce((rest, exception) => rest.replace(exception, ""), text);
  return forbidden.filter((word) => new RegExp(`(?<![\\w-])${word}(?![\\w-])`, "i").test(plain));
}

function files(...patterns: readonly string[]): readonly string[] {
  const { stdout } = spawnSync("git", ["ls-files", "-co", "--exclude-standard", ...patterns], {
    cwd: root,
    encoding: "utf8",
  });
  return stdout.split("\n").filter((file) => file !== "" && existsSync(join(root, file)) && !excluded.test(file));
}

/** String and template literals with a space: texts, not names. Comments are left out. */
function textsIn(code: string): string {
  const withoutComments = code.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  return [...withoutComments.matchAll(/"(?:[^"\\\n]|\\.)* (?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`|>[^<>{}]+</g)]
    .map(([text]) => text)
    .join("\n");
}

describe("forbidden words", () => {
  it("are found as whole words", () => {
    expect(found("It tells nobody.")).toEqual(["nobody", "tells"]);
    expect(found("stands-alone doorstep agents/doors.json")).toEqual([]);
  });

  it.each(files("*.md", "package.nls.json"))("do not occur in %s", (file) => {
    expect(found(readFileSync(join(root, file), "utf8"))).toEqual([]);
  });

  const code = files("shared/*.ts", "cli/*.ts", "webview/*.ts", "extension/*.ts", "server/*.ts", "cloud/*.ts").filter(
    (file) => !file.endsWith(".test.ts") && !file.includes("/test/") && !file.includes("/migrations/"),
  );

  it("do not occur in texts of the code", () => {
    const hits = code.flatMap((file) => {
      const words = found(textsIn(readFileSync(join(root, file), "utf8")));
      return words.length === 0 ? [] : [`${file}: ${words.join(", ")}`];
    });
    expect(hits).toEqual([]);
  });
});

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isCommandPath } from "../vocabulary.ts";
import { lineCommand, wordsCommand } from "./line-command.ts";

const commandPath = (line: string) => lineCommand(line).path ?? "other";

/** Command path, tab, command line: realistic lines with manually verified paths. */
const table = readFileSync(new URL("../../../test/fixtures/command-lines.tsv", import.meta.url), "utf8")
  .split("\n")
  .filter((row) => row !== "")
  .map((row) => [row.slice(row.indexOf("\t") + 1), row.slice(0, row.indexOf("\t"))] as const);

interface Case {
  readonly line: string;
  readonly words?: readonly string[];
  readonly expected: readonly string[];
  readonly kind: string;
}

/** Lines as people, tools and editors type them, with the acceptable paths. */
const cases: readonly Case[] = readFileSync(
  new URL("../../../test/fixtures/shell-lines.jsonl", import.meta.url),
  "utf8",
)
  .split("\n")
  .filter((row) => row !== "")
  .map((row) => JSON.parse(row));

describe("command line → command path", () => {
  it.each([
    ["git commit -m 'secret plan'", "git commit"],
    ["git -C /home/ada/project status", "git status"],
    ["git remote add origin git@example.com:ada/x.git", "git remote add"],
    ["git my-private-alias", "git"],
    ["npm run build", "npm run build"],
    ["npm run acme-private", "npm run"],
    ["npm i left-pad", "npm i"],
    ["docker compose -f prod.yml up -d", "docker compose up"],
    ["cargo +nightly test", "cargo test"],
    ["kubectl -n prod get pods", "kubectl get"],
    ["FOO=bar BAZ=$(cat x) make all", "make"],
    ["sudo -u postgres psql", "psql"],
    ["sudo -H pip install x", "pip install"],
    ["sudo -EH -u me npm test", "npm test"],
    ["bash -C script.sh", "bash"],
    ["pwsh -NoProfile -ExecutionPolicy Bypass -C git status", "git status"],
    ["xargs -P 4 -I {} npm test", "npm test"],
    ["ssh -C -p 22 host git pull", "git pull"],
    ["timeout -s KILL 5 make", "make"],
    ["docker exec -it -u me web npm test", "npm test"],
    ["kubectl exec -it web -- npm test", "npm test"],
    ["kubectl exec -it web -- bash", "kubectl exec"],
    ["npx -p typescript@5 tsc", "tsc"],
    ["env -i A=1 make", "make"],
    ["nohup nice -n 5 make &", "make"],
    ["uv run --python 3.12 -m pytest -x", "pytest"],
    ["git -C a -c b=c --no-pager log", "git log"],
    ["terraform -chdir=x plan", "terraform plan"],
    ["aws --profile config s3 ls", "aws s3 ls"],
    ["gh -R owner/repo pr list", "gh pr list"],
    ["npm --silent test", "npm test"],
    ["npm -w config run build", "npm run build"],
    ["pnpm -F test build", "pnpm build"],
    ["docker -H tcp://x ps", "docker ps"],
    ["cargo --config x test", "cargo test"],
    ["make -C test build", "make build"],
    ["just -f test lint", "just lint"],
    ["gradle -p test build", "gradle build"],
    ["yarn --cwd test lint", "yarn lint"],
    ["npm run build:acme", "npm run build"],
    ["npm run acme:internal", "npm run"],
    ["./sort", "other"],
    ["node bundle", "node"],
    ["~/.dotfiles/bin/test", "other"],
    ["~/.nvm/versions/node/v22/bin/npm test", "npm test"],
    ["sed -i x y", "sed"],
    ["ssh -NL 80:x:80 host", "ssh"],
    ['cd "c:\\dev\\sort\\" && g++ sort.cpp -o sort && "c:\\dev\\sort\\"sort', "g++"],
    ["d:\\test\\test.exe", "other"],
    ["C:\\Python312\\python.exe x.py", "python"],
    ["C:\\Users\\me\\AppData\\Local\\Temp\\x\\convert.exe", "other"],
    ["start.bat", "other"],
    ["test.bat", "other"],
    ["npm.cmd test", "npm test"],
    ["/usr/src/app/bin/serve", "other"],
    ["/opt/app/server/test", "other"],
    ["/opt/homebrew/bin/git status", "git status"],
    ["/usr/bin/git status", "git status"],
    ["/bin/ls", "ls"],
    ["envoy/bin/serve", "other"],
    ["my-env/bin/pytest", "pytest"],
    [".venv/bin/pytest", "pytest"],
    ["venv3.11/bin/pytest", "pytest"],
    ["./gradlew :docs:test", "gradlew test"],
    ["./gradlew :android:assembleDebug", "gradlew assemble"],
    ["nx run docs:build", "nx run build"],
    ["nx run web:serve:production", "nx run serve"],
    ["just deploy production", "just deploy"],
    ["just my-recipe prod", "just"],
    ["uvx ruff==0.6.9 format .", "ruff format"],
    ["pipx run black==24.1 .", "black"],
    ["bun -e test", "bun"],
    ["npm run dev & npm run api & wait", "npm run"],
    ["scripts/test.sh", "other"],
    ["/home/me/bin/test", "other"],
    ["/home/me/.cargo/bin/cargo test", "cargo test"],
    ["C:\\work\\test.exe", "other"],
    ["test() { make; }; test", "other"],
    ["sudo apt-get install x", "apt-get install"],
    ["env -u A B=c node server.js", "node"],
    ["time -p ls", "ls"],
    ["time", "time"],
    ["timeout -k 5 30 curl https://x", "curl"],
    ["nice -n 10 make", "make"],
    ["npx --yes eslint .", "eslint"],
    ["npx @ada/private-tool", "npx"],
    ["/usr/local/bin/python3.12 x.py", "python3"],
    ["./deploy-to-prod.sh --key abc", "other"],
    ["~/bin/my-tool", "other"],
    ["$EDITOR notes.txt", "other"],
    ["if git diff --quiet; then echo; fi", "git diff"],
    ["! grep -q x y", "grep"],
    ["Get-ChildItem -Path C:\\Users\\ada", "get-childitem"],
    ['& "C:\\Program Files\\Git\\cmd\\git.exe" push', "git push"],
    ["nexus telemetry status", "nexus telemetry status"],
    ["", "other"],
    ["   ", "other"],
    ["password123", "other"],
  ])("converts %j to %j", (line, path) => expect(commandPath(line)).toBe(path));

  it("converts hundreds of realistic lines", () => {
    expect(table.length).toBeGreaterThan(300);
    for (const [line, path] of table) expect([line, commandPath(line)]).toEqual([line, path]);
  });

  it.each(cases)("$kind: finds the command of $line$words", ({ line, words, expected }) => {
    const { path = "other" } = words === undefined ? lineCommand(line) : wordsCommand(words);
    expect(expected).toContain(path);
  });

  it.each([
    ["npm test", "single", 1, "command"],
    ["cd web && npm test", "single", 1, "command"],
    ["npm test && echo ok", "single", 1, "command"],
    ["npm test; echo done", "single", 1, "line"],
    ["npm test || true", "single", 1, "line"],
    ["! npm test", "single", 1, "line"],
    ["npm run dev &", "single", 1, "line"],
    ["while true; do npm test; done", "single", 1, "line"],
    ["[ -f x ] && npm test", "single", 1, "line"],
    ["[ -f x ] && cd web && npm test", "single", 1, "line"],
    ["[ -f x ]; cd web && npm test", "single", 1, "command"],
    ["sleep 600; npm test", "single", 1, "line"],
    ["npm test && sleep 60", "single", 1, "line"],
    ["ls | xargs npm test", "pipeline", 2, "line"],
    ["npm ci && npm test", "and", 2, "line"],
    ["npm ci\nnpm test", "sequence", 2, "command"],
    ["npm ci; ./own.sh", "sequence", 2, "line"],
    ["npm test | tee log", "pipeline", 2, "line"],
    ["npm ci && npm test | tee log", "mixed", 3, "line"],
    ["make || make clean", "mixed", 2, "line"],
    ["bash -c 'npm ci && npm test'", "and", 2, "line"],
    ["bash -c 'cd web && npm test'", "single", 1, "command"],
    ["cd web", "single", 0, "command"],
    ["./own.sh", "single", 1, "command"],
    ["python", "single", 1, "session"],
    ["python app.py", "single", 1, "command"],
    ["cd api && python3 -i", "single", 1, "session"],
    ["node -e 'work()'", "single", 1, "command"],
    ["psql -h db app", "single", 1, "session"],
    ["psql -h db -f seed.sql app", "single", 1, "command"],
    ["docker run -it --rm image bash", "single", 1, "session"],
    ["docker run --rm image", "single", 1, "command"],
    ["git commit", "single", 1, "session"],
    ["git commit -am 'Fix the parser'", "single", 1, "command"],
    ["git rebase -i main", "single", 1, "session"],
    ["git rebase main", "single", 1, "command"],
    ["ssh -p 22 host", "single", 1, "session"],
    ["ssh host ./deploy.sh", "single", 1, "command"],
    ["claude -p 'fix it'", "single", 1, "command"],
    ["claude", "single", 1, "session"],
    ["psql app < dump.sql", "single", 1, "command"],
    ["psql -hlocalhost app", "single", 1, "session"],
    ["mysql -uelena -p app", "single", 1, "session"],
    ["ssh -O exit host", "single", 1, "command"],
    ["python <<'E'\nprint(1)\nE", "single", 1, "command"],
    ["echo 1 | python -", "single", 1, "command"],
    ['git commit -am"fix it"', "single", 1, "command"],
    ["git clean -e keep -f", "single", 1, "command"],
    ["docker run image npm test -t x", "single", 1, "command"],
    ["docker compose exec web ./script.sh", "single", 1, "command"],
    ["docker compose exec web bash", "single", 1, "session"],
    ["sudo bash", "single", 1, "session"],
    ["bash -c 'python'", "single", 1, "session"],
    ["sqlite3 app.db 'select 1'", "single", 1, "command"],
  ])("knows how %j is joined, and whose outcome it has", (line, chain, count, outcomeOf) => {
    expect(lineCommand(line)).toMatchObject({ chain, count, outcomeOf });
  });

  it("invariant: no-free-text: returns only vocabulary for any line", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (line) => {
        expect(isCommandPath(commandPath(line))).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });

  it("invariant: no-free-text: returns only vocabulary for vocabulary words in any order", () => {
    const word = fc.constantFrom("git", "commit", "npm", "run", "sudo", "env", "-x", "--", "A=b", "|", "secret", "npx");
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), (words) => {
        const path = commandPath(words.join(" "));
        expect(isCommandPath(path)).toBe(true);
        expect(path).not.toContain("secret");
      }),
      { numRuns: 3_000 },
    );
  });
});

/**
 * Public names of scripts, targets and tasks, and the commands that run them. `npm run build` keeps
 * its last word because it is listed here; any other script name is the user's and is dropped.
 */

/** Each is a common name in the documentation of the tools that run scripts. */
export const scriptWords = `
  analyze android audit bench benchmark bootstrap build bundle check ci clean codegen compile cov coverage debug deploy
  dev dist distclean doc docs down e2e export fix fmt format generate help init install integration ios
  jest lint logs migrate mypy package preview prepare prettier prod production publish pytest release restart run seed
  serve setup smoke start stop storybook stylelint test tests tsc type-check typecheck types uninstall unit
  unittest up update upgrade validate verify version vet vitest watch
`
  .trim()
  .split(/\s+/);

/** Command path → how the name of a script follows it. */
export const scriptRunners: Readonly<Record<string, "one" | "last">> = {
  "npm run": "one",
  "npm run-script": "one",
  yarn: "one",
  "yarn run": "one",
  pnpm: "one",
  "pnpm run": "one",
  bun: "one",
  "bun run": "one",
  "deno task": "one",
  composer: "one",
  "composer run": "one",
  "composer run-script": "one",
  "turbo run": "one",
  "lerna run": "one",
  "nx run": "one",
  rush: "one",
  rushx: "one",
  nr: "one",
  "mise run": "one",
  "hatch run": "one",
  "pdm run": "one",
  "pixi run": "one",
  make: "last",
  gmake: "last",
  just: "one",
  task: "last",
  rake: "last",
  gradle: "last",
  gradlew: "last",
  mvn: "last",
  mvnw: "last",
  ant: "last",
  sbt: "last",
  invoke: "one",
  mage: "one",
  poe: "one",
};

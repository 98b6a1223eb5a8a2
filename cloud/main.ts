#!/usr/bin/env node
/**
 * The command `nexus-cloud`: `serve`, `query`, `api-keys`, `migrate`, `replay`, `keys rotate`,
 * `doctor`. Its output is for the operator and never contains received events.
 */
import { parseArgs } from "node:util";
import { terminalText } from "../shared/text/terminal-text.ts";
import { answerText, queryFrom, queryHelp } from "./analytics/api/command-line.ts";
import { metricNames, metricOf } from "./analytics/metrics/catalogue.ts";
import { QuestionError } from "./analytics/relation.ts";
import { answerQuestion, createApiKey, keyRotated, listApiKeys, migrate, replay, revokeApiKey } from "./commands.ts";
import { ConfigError, configFrom } from "./config.ts";
import { diagnose } from "./doctor.ts";
import { FolderError } from "./folder.ts";
import { LockedError } from "./lock.ts";
import { CloudServer } from "./server.ts";

// The embedded engines would otherwise create files that other users can read.
process.umask(0o077);

class UsageError extends Error {
  override readonly name = "UsageError";
}

const help = `nexus-cloud: receives data that Nexus Telemetry users share.

Usage: nexus-cloud COMMAND

  serve        accept batches and insert them into the warehouse; Ctrl+C or SIGTERM drains the log and exits
  query        answer a question: metrics, funnels, retention, paths (nexus-cloud query --help)
  api-keys     create NAME, list, or revoke ID: keys of the query API
  migrate      create missing tables
  replay       insert the log into the warehouse and update the totals, without serving
  keys rotate  create a new receipt key, in the running server or offline; older receipts stay valid
  doctor       show the configuration and check the server's stores

Configuration: a TOML file (path in NEXUS_CLOUD_CONFIG) or environment variables (NEXUS_CLOUD_PORT, NEXUS_CLOUD_DATA, …).
Run nexus-cloud doctor to list every key with its value.
`;

const print = (text: string): void => void process.stdout.write(`${terminalText(text)}\n`);

async function serve(): Promise<void> {
  const server = await CloudServer.start(configFrom(process.env));
  print(`Listening on ${server.url}. Batch endpoint: ${server.url}/v1/telemetry/events. Press Ctrl+C to stop.`);
  print(`Metrics: ${server.operatorUrl}/metrics. Query API: ${server.analyticsUrl}/v1/analytics`);
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
  print("Stopping: draining the log.");
  await server.close();
}

async function keys([action]: readonly string[]): Promise<void> {
  if (action !== "rotate") throw new UsageError("Usage: nexus-cloud keys rotate");
  const id = await keyRotated(configFrom(process.env));
  print(`New receipt key: ${id}. Clients trust it because it is signed by the previous key.`);
}

const commands: Readonly<Record<string, (rest: readonly string[]) => Promise<void>>> = {
  serve,
  keys,
  query: () => query(process.argv.slice(3)),
  "api-keys": apiKeys,
  migrate: async () => print(await migrate(configFrom(process.env))),
  replay: async () => print(await replay(configFrom(process.env))),
  doctor: async () => {
    const { lines, isOk } = await diagnose(process.env);
    print(lines.join("\n"));
    if (!isOk) process.exitCode = 1;
  },
};

async function query(args: readonly string[]): Promise<void> {
  const [name] = args;
  if (name === undefined || args.includes("--help")) return print(queryHelp.trimEnd());
  if (name === "metrics") return print(metricNames.map((id) => `${id.padEnd(22)}${metricOf(id).title}`).join("\n"));
  const { kind, question, format } = queryFrom(args, Date.now());
  print(answerText(await answerQuestion(configFrom(process.env), kind, question), format));
}

async function apiKeys([action, part]: readonly string[]): Promise<void> {
  const config = configFrom(process.env);
  if (action === "create" && part !== undefined) {
    const { id, key } = await createApiKey(config, part);
    return print(`Key ${id}:\n\n${key}\n\nIt is shown only now. Send it as: Authorization: Bearer KEY`);
  }
  if (action === "list") {
    const keys = await listApiKeys(config);
    const stateOf = (revokedMs: number | null) => (revokedMs === null ? "in use" : "revoked");
    return print(
      keys.length === 0
        ? "No keys."
        : keys.map(({ id, name, revokedMs }) => `${id}  ${stateOf(revokedMs)}  ${name}`).join("\n"),
    );
  }
  if (action !== "revoke" || part === undefined)
    throw new UsageError("Usage: nexus-cloud api-keys create NAME | list | revoke ID");
  if (!(await revokeApiKey(config, part))) throw new UsageError(`No key in use has the ID ${part}.`);
  print(`Key ${part} is revoked.`);
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { help: { type: "boolean" } },
  strict: false,
});
const [name = "help", ...rest] = positionals;
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
if ((values["help"] === true && name !== "query") || name === "help") print(help);
else if (command === undefined) {
  process.stderr.write(terminalText(`Unknown command: ${name}.\n\n${help}`));
  process.exitCode = 2;
} else {
  try {
    await command(rest);
    // The embedded engine's threads would keep the process alive.
    process.exit();
  } catch (error) {
    const isUsage = [ConfigError, LockedError, FolderError, UsageError, QuestionError].some(
      (kind) => error instanceof kind,
    );
    process.stderr.write(`${terminalText(error instanceof Error ? error.message : String(error))}\n`);
    process.exit(isUsage ? 2 : 1);
  }
}

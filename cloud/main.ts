#!/usr/bin/env node
/** `nexus-cloud`: `serve`, `migrate`, `replay`, `keys rotate`, `doctor`. What it prints is for the operator, and holds nothing of what was sent. */
import { parseArgs } from "node:util";
import { terminalText } from "../shared/text/terminal-text.ts";
import { keyRotated, migrate, replay } from "./commands.ts";
import { ConfigError, configFrom } from "./config.ts";
import { diagnose } from "./doctor.ts";
import { FolderError } from "./folder.ts";
import { LockedError } from "./lock.ts";
import { CloudServer } from "./server.ts";

// Engines make their files readable by all; this way they cannot.
process.umask(0o077);

class UsageError extends Error {
  override readonly name = "UsageError";
}

const help = `nexus-cloud: takes what users of Nexus Telemetry choose to share.

Usage: nexus-cloud COMMAND

  serve     listen, and put what comes into the warehouse; Ctrl-C or SIGTERM ends it after that is done
  migrate   make the tables that are missing
  replay    put the log into the warehouse and its totals, without listening
  keys rotate
            sign receipts with a new key from now on, in the running server or without one; receipts signed before stay valid
  doctor    say what is configured, what is there, and what is wrong

Configuration: a TOML file that NEXUS_CLOUD_CONFIG names, or NEXUS_CLOUD_PORT, NEXUS_CLOUD_DATA and so on;
nexus-cloud doctor lists every key with its value.
`;

const say = (text: string): void => void process.stdout.write(`${terminalText(text)}\n`);

async function serve(): Promise<void> {
  const server = await CloudServer.start(configFrom(process.env));
  say(`Listening on ${server.url}. Batches go to ${server.url}/v1/telemetry/events. Ctrl-C ends it.`);
  say(`Metrics are on ${server.operatorUrl}/metrics.`);
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
  say("Ending: what was accepted is put away first.");
  await server.close();
}

/** Two words, of which the second is named: there may be others. */
async function keys([action]: readonly string[]): Promise<void> {
  if (action !== "rotate") throw new UsageError('nexus-cloud keys knows one action: "nexus-cloud keys rotate".');
  const id = await keyRotated(configFrom(process.env));
  say(`Receipts are signed with ${id} from now on. Clients trust it, because the key before it signed it.`);
}

const commands: Readonly<Record<string, (rest: readonly string[]) => Promise<void>>> = {
  serve,
  keys,
  migrate: async () => say(await migrate(configFrom(process.env))),
  replay: async () => say(await replay(configFrom(process.env))),
  doctor: async () => {
    const { lines, sound } = await diagnose(process.env);
    say(lines.join("\n"));
    if (!sound) process.exitCode = 1;
  },
};

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { help: { type: "boolean" } },
  strict: false,
});
const [name = "help", ...rest] = positionals;
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (values["help"] === true || name === "help") say(help);
else if (command === undefined) {
  process.stderr.write(terminalText(`There is no command ${name}.\n\n${help}`));
  process.exitCode = 2;
} else {
  try {
    await command(rest);
    // The engine keeps threads of its own.
    process.exit();
  } catch (error) {
    const isUsage = [ConfigError, LockedError, FolderError, UsageError].some((kind) => error instanceof kind);
    process.stderr.write(`${terminalText(error instanceof Error ? error.message : String(error))}\n`);
    process.exit(isUsage ? 2 : 1);
  }
}

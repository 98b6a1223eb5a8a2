/**
 * The doors on loopback as the user opened them: one port for good, the secret that callers name, and what is taken in. The file is made
 * when the first door is opened, and goes with the last.
 */
import { randomBytes, randomInt } from "node:crypto";
import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { replaceFile } from "../durable-file.ts";

export const doorKinds = ["hooks", "otlp"] as const;
export type DoorKind = (typeof doorKinds)[number];

export interface Door {
  readonly port: number;
  /** 256 random bits in hex. */
  readonly token: string;
  readonly open: readonly DoorKind[];
}

/** Where hooks are posted to. In an agent's settings, ours are known by it. */
export const hookPath = "/nexus/v1/hook";
export const postedTo = /^http:\/\/127\.0\.0\.1:\d+\/nexus\/v1\/hook$/;

/** Below the ports that systems hand out for connections of their own. */
const [lowestPort, highestPort] = [20_000, 32_000];
const mostTries = 50;

export class DoorFile {
  readonly #path: string;
  #known: { readonly mark: string; readonly door: Door | undefined } | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** What is open; `undefined` where nothing is. Read again only where the file changed. @throws the file system's error. */
  read(): Door | undefined {
    const stat = statSync(this.#path, { throwIfNoEntry: false });
    if (stat === undefined) return undefined;
    const mark = `${stat.ino} ${stat.mtimeMs} ${stat.size}`;
    if (this.#known?.mark !== mark) this.#known = { mark, door: parse(readFileSync(this.#path, "utf8")) };
    return this.#known.door;
  }

  /** How it would be with a door opened: on the port that there is, else on a free one. @throws the file system's error. */
  async planOpen(kind: DoorKind): Promise<Door> {
    const door = this.read() ?? { port: await freePort(), token: randomBytes(32).toString("hex"), open: [] };
    return { ...door, open: doorKinds.filter((one) => one === kind || door.open.includes(one)) };
  }

  /**
   * Opens it as it was planned, and leaves open what was opened meanwhile.
   * @returns whether it could be: not, where there is another port or secret by now. @throws the file system's error.
   */
  open(door: Door): boolean {
    const now = this.read();
    if (now !== undefined && (now.port !== door.port || now.token !== door.token)) return false;
    const open = doorKinds.filter((kind) => door.open.includes(kind) || now?.open.includes(kind) === true);
    replaceFile(this.#path, JSON.stringify({ ...door, open }));
    return true;
  }

  /** @throws the file system's error. */
  close(kind: DoorKind): void {
    const door = this.read();
    const open = door?.open.filter((one) => one !== kind) ?? [];
    // One that cannot be read opens nothing, and goes too.
    if (door === undefined || open.length === 0) rmSync(this.#path, { force: true });
    else replaceFile(this.#path, JSON.stringify({ ...door, open }));
  }

  get exists(): boolean {
    return existsSync(this.#path);
  }
}

/** A file that was cut or changed by hand opens nothing. */
function parse(text: string): Door | undefined {
  try {
    const { port, token, open } = Object(JSON.parse(text));
    const sound = Number.isInteger(port) && port > 1023 && port < 65_536 && /^[0-9a-f]{64}$/.test(token);
    return sound && Array.isArray(open)
      ? { port, token, open: doorKinds.filter((kind) => open.includes(kind)) }
      : undefined;
  } catch {
    return undefined;
  }
}

/** @throws Error where none is free. */
async function freePort(): Promise<number> {
  for (let tries = 0; tries < mostTries; tries += 1) {
    const port = randomInt(lowestPort, highestPort);
    if (await isFree(port)) return port;
  }
  throw new Error(`No free port was found between ${lowestPort} and ${highestPort}.`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}

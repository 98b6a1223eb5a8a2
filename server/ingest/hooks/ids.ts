/**
 * Derives event and session IDs from an agent's IDs (or a line's text and position) and the local
 * salt. Repeated reports on this machine get the same ID, which without the salt cannot be linked
 * to the agent's ID.
 */
import type { NameHasher } from "../../privacy/identity.ts";

/** Shorter IDs may repeat in other sessions, so the session is added to them. Characters. */
const randomLength = 12;

/** Whether an agent's ID of a tool call needs no session to be the only one. */
export const isRandomId = (use: string): boolean => use.length >= randomLength;

export class AgentIds {
  readonly #hasher: NameHasher;

  constructor(hasher: NameHasher) {
    this.#hasher = hasher;
  }

  /** Returns the session ID of an agent, the same from hooks and OpenTelemetry. */
  session(agent: string, session: string): string {
    return uuidOf(4, this.#hasher.hash("agent", `${agent} ${session}`));
  }

  /**
   * Returns the ID of a tool call's start or end, the same from OpenTelemetry and from the hooks of
   * several agents, which may have different sessions.
   */
  use(use: string, session: string, phase: string): string {
    return this.uuid(7, isRandomId(use) ? `${use} ${phase}` : `${session} ${use} ${phase}`);
  }

  /** Returns the ID of a model request, the same from OpenTelemetry and from the agent's files. */
  request(agent: string, request: string): string {
    return this.uuid(7, `${agent} request ${request}`);
  }

  /** Returns the ID of a line without one: a UUIDv7 (RFC 9562), the same at each import. */
  ofLine(tsMs: number, identity: string): string {
    const time = tsMs.toString(16).padStart(12, "0").slice(-12);
    const hex = this.#hasher.hashOnce("line", identity);
    return `${time.slice(0, 8)}-${time.slice(8)}-7${hex.slice(0, 3)}-a${hex.slice(3, 6)}-${hex.slice(6, 18)}`;
  }

  /**
   * Returns a UUID (RFC 9562) derived from a text.
   * @throws the file system's error if there is no salt.
   */
  uuid(version: 4 | 7, text: string): string {
    return uuidOf(version, this.#hasher.hashOnce("agent", text));
  }
}

const uuidOf = (version: 4 | 7, hex: string): string =>
  `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${version}${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;

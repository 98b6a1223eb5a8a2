/**
 * Ids of what agents and other tools report, as UUIDs that follow from their own ids, or from a line's text and place, and the local salt: the same however often and by whom
 * something is reported on this machine, and nothing to anyone who knows the agent's ids and not the salt.
 */
import type { NameHasher } from "../../privacy/identity.ts";

/** Ids as long as this are random: those that are not may be another use's in another session. */
const randomLength = 12;

export class AgentIds {
  readonly #hasher: NameHasher;

  constructor(hasher: NameHasher) {
    this.#hasher = hasher;
  }

  /** The session of an agent, from any reporter. */
  session(agent: string, session: string): string {
    return this.uuid(4, `${agent} ${session}`);
  }

  /** The beginning or end of a use, from any reporter: hooks of several hosts, each with a session of its own, or OpenTelemetry. */
  use(use: string, session: string, phase: string): string {
    return this.uuid(7, use.length < randomLength ? `${session} ${use} ${phase}` : `${use} ${phase}`);
  }

  /** A line without an id: a UUIDv7 (RFC 9562) that is the same each time the line is read. */
  ofLine(tsMs: number, identity: string): string {
    const time = tsMs.toString(16).padStart(12, "0").slice(-12);
    const hex = this.#hasher.hashOnce("line", identity);
    return `${time.slice(0, 8)}-${time.slice(8)}-7${hex.slice(0, 3)}-a${hex.slice(3, 6)}-${hex.slice(6, 18)}`;
  }

  /** A UUID of a version (RFC 9562) that follows from a text. @throws the file system's error, where there is no salt. */
  uuid(version: 4 | 7, text: string): string {
    const hex = this.#hasher.hashOnce("agent", text);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${version}${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  }
}

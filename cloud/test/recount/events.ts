/** Made-up events of installations, by a seed, for comparing answers with a recount. */
import { dayMs, hourMs } from "../../../shared/schema/durations.ts";

export interface TestEvent {
  readonly id: string;
  readonly user: string;
  readonly session: string;
  readonly tsMs: number;
  readonly seq: number;
  readonly type: string;
  readonly established: boolean;
  /** Warehouse columns; absent ones are empty. */
  readonly columns: Readonly<Record<string, string | number>>;
}

/** A number generator: mulberry32, by Tommy Ettinger (public domain). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const hex = (n: number, length: number): string => n.toString(16).padStart(length, "0");

type Columns = Record<string, string | number>;

/** Returns the events of so many users in the days up to `endMs`. Times repeat, so that the sequence decides on the order. */
export function testEvents(seed: number, endMs: number, users = 40, days = 70): readonly TestEvent[] {
  const random = seeded(seed);
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
  const maybe = (chance: number, columns: () => Columns): Columns => (random() < chance ? columns() : {});
  const columnsOf: Readonly<Record<string, () => Columns>> = {
    command_finished: () => ({
      command_path: pick(["git push", "npm test", "cargo build"]),
      duration_ms: Math.floor(random() * 900),
      ...maybe(0.5, () => ({ profile: pick(["balanced", "deep"]) })),
    }),
    command_failed: () => ({
      command_path: pick(["git push", "npm test"]),
      ...maybe(0.7, () => ({ error_category: pick(["timeout", "api_error"]) })),
    }),
    command_cancelled: () => ({ command_path: "npm test", duration_ms: 5 }),
    agent_event: () => ({
      tool_name: pick(["run_terminal_cmd", "read_file"]),
      tool_phase: pick(["start", "end"]),
      ...maybe(0.8, () => ({ status: pick(["ok", "failed", "cancelled", "unknown"]) })),
      ...maybe(0.5, () => ({ command_path: "git status" })),
      ...maybe(0.5, () => ({ model: pick(["one", "two"]), duration_ms: Math.floor(random() * 90) })),
    }),
    thinktool_completed: () => ({
      thinktool: pick(["gigathink", "bedrock"]),
      ...maybe(0.6, () => ({ confidence_score: Math.floor(random() * 100) / 100 })),
      ...maybe(0.3, () => ({ depth_score: 0.5, coherence_score: 0.25 })),
    }),
    feature_discovered: () => ({ feature: pick(["export", "dashboard"]), discovery_source: pick(["help", "organic"]) }),
    feature_first_use: () => ({ feature: pick(["export", "dashboard"]) }),
    feature_adoption: () => ({ feature: pick(["export", "dashboard"]), milestone: pick(["5", "10"]) }),
    upgrade_prompt_shown: () => maybe(0.5, () => ({ upgrade_feature: "export" })),
    upgrade_link_clicked: () => maybe(0.5, () => ({ upgrade_feature: "export" })),
    install_completed: () => ({ install_method: pick(["npm", "vsix"]) }),
    session_started: () => ({}),
    session_ended: () => ({}),
  };
  const types = Object.keys(columnsOf);
  const events: TestEvent[] = [];
  for (let user = 0; user < users; user += 1) {
    const id = `00000000-0000-4000-8000-${hex(seed, 4)}${hex(user, 8)}`;
    const platform = {
      source: pick(["nexus_cli", "vscode"]),
      product_os: pick(["linux", "macos", "windows"]),
    };
    const established = random() < 0.9;
    const firstDay = Math.floor(random() * days);
    let seq = 0;
    for (let session = 0; session < 1 + random() * 8; session += 1) {
      const day = firstDay + Math.floor(random() * (days - firstDay));
      let tsMs = Math.floor((endMs - (days - day) * dayMs + random() * dayMs) / 1_000) * 1_000;
      const version = pick(["0.8.0", "0.9.0", ""]);
      for (let n = 0; n < 1 + random() * 9; n += 1) {
        const type = pick(types);
        events.push({
          id: `0199b0c0-0000-7000-8000-${hex(seed, 2)}${hex(events.length, 10)}`,
          user: id,
          session: hex(session, 64),
          tsMs,
          seq,
          type,
          established,
          columns: { ...platform, product_version: version, ...columnsOf[type]?.() },
        });
        seq += 1;
        // Some at the same time, some hours later, over midnight.
        tsMs = Math.min(endMs - 1, tsMs + pick([0, 0, 1_000, 60_000, 5 * hourMs]));
      }
    }
  }
  return events;
}

/** A line for the warehouse's table of events. */
export function lineOf(event: TestEvent, receivedMs: number): string {
  const time = (ms: number) => new Date(ms).toISOString().slice(0, 23).replace("T", " ");
  return JSON.stringify({
    event_id: event.id,
    anon_user_id: event.user,
    anon_session_id: event.session,
    seq: event.seq,
    ts: time(event.tsMs),
    received_at: time(receivedMs),
    schema_version: 2,
    established: event.established ? 1 : 0,
    event_type: event.type,
    ...event.columns,
  });
}

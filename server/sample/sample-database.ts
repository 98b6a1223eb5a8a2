/**
 * A database in memory with four months of invented work, for the sample dashboard. Built with `node:sqlite` only: it runs in a
 * thread of the editor's extension host, where no other binary belongs.
 */
import { sampleWorkspaceHash } from "../../shared/protocol/sample.ts";
import { systemClock } from "../clock.ts";
import { type CleanEvent, markClean } from "../privacy/clean-event.ts";
import { type Connection, immediately } from "../store/driver/driver.ts";
import { openNodeSqlite } from "../store/driver/node-sqlite.ts";
import { writeEvents } from "../store/events/write.ts";
import { migrate } from "../store/migrations/migrate.ts";
import { dayOfHour, localHourOf } from "../store/rollups/local-time.ts";
import { rollUpDays } from "../store/rollups/rollups.ts";
import { productInfo } from "../worker/product-info.ts";
import { eventIdOf, type YearOptions, yearOfWork } from "./work.ts";

const days = 120;
const events = 9_000;

/** What people type: the most frequent lines first. */
export const sampleLines = [
  "git status",
  "npm test",
  "git diff",
  "ls",
  "cargo build",
  "git commit",
  "tsc",
  "git push",
  "npm run dev",
  "rg",
  "docker build",
  "git checkout",
  "vim",
  "npm run lint",
  "cargo test",
  "git pull",
  "npm install",
  "kubectl get",
  "git log",
  "terraform plan",
  "pytest",
  "git rebase",
  "curl",
  "docker compose up",
  "cat",
  "gh pr create",
  "make",
  "eslint",
  "git stash",
  "ssh",
];

/** Yields the work as events that passed the firewall. */
export function* sampleEvents(options: YearOptions): Generator<CleanEvent> {
  const numbers = new Map<string, number>();
  let count = 0;
  for (const { tsMs, session, source, type, workspace, fields } of yearOfWork(options)) {
    const seq = (numbers.get(session) ?? 0) + 1;
    numbers.set(session, seq);
    count += 1;
    const payload = { ...fields, workspace_hash: sampleWorkspaceHash(workspace) };
    const utcOffsetMin = -new Date(tsMs).getTimezoneOffset();
    yield markClean({ id: eventIdOf(tsMs, count), type, tsMs, utcOffsetMin, sessionId: session, source, seq, payload });
  }
}

/** Rolls up hours into days and months, as maintenance does. `nowMs`: milliseconds since 1970. */
export function rollUp(connection: Connection, nowMs: number): void {
  immediately(connection, () => {
    while (rollUpDays(connection, dayOfHour(localHourOf(nowMs)), 400));
  });
}

/** @throws if the editor's Node has no `node:sqlite`. */
export function openSampleDatabase(): Connection {
  const connection = openNodeSqlite(":memory:", { readOnly: false, busyTimeoutMs: 0 }, "sample data");
  migrate(connection);
  const nowMs = systemClock.nowMs();
  const writing = { product: productInfo, nowMs, share: undefined, also: undefined };
  writeEvents(connection, [...sampleEvents({ nowMs, days, events, lines: sampleLines })], writing);
  rollUp(connection, nowMs);
  return connection;
}

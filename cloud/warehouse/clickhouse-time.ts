const dayMs = 86_400_000;
let [day, dayText] = [Number.NaN, ""];

const two = (value: number): string => (value < 10 ? `0${value}` : String(value));

/** A time in UTC as ClickHouse reads it, `2026-11-21 08:09:10.123`. `ms`: milliseconds since 1970. Made twice for each event, hence not by `Date`. */
export function clickHouseTime(ms: number): string {
  const own = Math.floor(ms / dayMs);
  if (own !== day) [day, dayText] = [own, new Date(own * dayMs).toISOString().slice(0, 10)];
  const rest = ms - own * dayMs;
  const seconds = Math.floor(rest / 1_000);
  const time = `${two(Math.floor(seconds / 3_600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return `${dayText} ${time}.${String(rest % 1_000).padStart(3, "0")}`;
}

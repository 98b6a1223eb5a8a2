/** Formats of numbers, times and sizes, the only ones in the project. English; dates as in files and on the terminal. */

/** 1234567 → "1,234,567". Without `Intl`, whose first use takes longer than all of a short report. */
export const numberText = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ",");

/** 1 → "1 event", 1234 → "1,234 events". */
export function countText(count: number, one: string, many = `${one}s`): string {
  return `${numberText(count)} ${count === 1 ? one : many}`;
}

/** 0.375 → "38%", with one decimal "37.5%". No value: "–". */
export function percentText(share: number | null, decimals = 0): string {
  return share === null ? "–" : `${(100 * share).toFixed(decimals)}%`;
}

/** The relative change of a value: "+12%", "−3%", or "unchanged". */
export function changeText(before: number, now: number): string {
  const percent = Math.round((100 * (now - before)) / before);
  return percent === 0 ? "unchanged" : `${percent > 0 ? "+" : "−"}${Math.abs(percent)}%`;
}

/** 1234.5 → "$1,234.50". No value: "–". */
export function usdText(usd: number | null): string {
  if (usd === null) return "–";
  const cents = Math.round(usd * 100);
  return `$${numberText(Math.floor(cents / 100))}.${String(cents % 100).padStart(2, "0")}`;
}

/** 1,536 → "1.5 KB". */
export function sizeText(bytes: number): string {
  const units = ["bytes", "KB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** 0 → "0 ms", 0.4 → "< 1 ms", 950 → "950 ms", 61000 → "1 min 1 s", 8,100,000 → "2 h 15 min", 10^10 → "2,777 h". */
export function durationText(ms: number): string {
  if (ms === 0) return "0 ms";
  if (ms < 1) return "< 1 ms";
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1_000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 1_000 ? `${hours} h ${minutes % 60} min` : `${numberText(hours)} h`;
}

/** A round time, as on an axis: 1000 → "1 s", 60000 → "1 min". */
export const roundTimeText = (ms: number): string =>
  durationText(ms)
    .replace(/\.0 s$/, " s")
    .replace(/ 0 (s|min)$/, "");

/** Local date and time, "2026-01-31 14:02:05"; `null` is "never". */
export function dateTimeText(ms: number | null): string {
  if (ms === null) return "never";
  const at = new Date(ms);
  return `${dayText(ms)} ${twoDigits(at.getHours())}:${twoDigits(at.getMinutes())}:${twoDigits(at.getSeconds())}`;
}

/** Local time without seconds: "10:14", with its date if that is not today. */
export function clockText(ms: number, nowMs: number): string {
  const [date = "", time = ""] = dateTimeText(ms).split(" ");
  const isToday = dateTimeText(nowMs).startsWith(date);
  return `${isToday ? "" : `${date} `}${time.slice(0, 5)}`;
}

/** 2026-11-26, local time. */
export function dayText(ms: number): string {
  const at = new Date(ms);
  return `${at.getFullYear()}-${twoDigits(at.getMonth() + 1)}-${twoDigits(at.getDate())}`;
}

const twoDigits = (value: number): string => String(value).padStart(2, "0");

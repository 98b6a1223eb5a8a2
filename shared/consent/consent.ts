/**
 * The one answer to "may I?": a pure rule over the user's consent record and everything that can say no.
 *
 * Only the user's own record can say yes. Everything else can only narrow, each within its reach, and each *no* is
 * named, so that the status can say who said it (the order of naming is that of the list `refusers`).
 */
import { type Category, categories } from "../schema/categories.ts";
import { noticeVersion } from "./notice.ts";

export const modes = ["off", "local", "share"] as const;
/** `off`: nothing exists. `local`: kept on this machine. `share`: kept, and may be sent to a chosen destination. */
export type Mode = (typeof modes)[number];

/** The user's last own word. `null` where the user was never asked. */
export interface ConsentRecord {
  readonly mode: Mode;
  /** What may be recorded. */
  readonly collect: readonly Category[];
  /** What may be sent, in mode `share`. */
  readonly share: readonly Category[];
  /** The version of the text that was shown. */
  readonly noticeVersion: string;
  /** When it was given, in milliseconds since 1970. */
  readonly tsMs: number;
  /** The address to which may be sent, in mode `share`; `null` otherwise. */
  readonly destination?: string | null;
  /** Whether it may be sent without being asked each time. */
  readonly automatic?: boolean;
}

/** Who can say no, in the order of naming. */
export const refusalSources = [
  "policy_file",
  "do_not_track",
  "ci",
  "editor_telemetry",
  "environment",
  "config_file",
  "editor_setting",
  "notice",
  "destination",
] as const;
export type RefusalSource = (typeof refusalSources)[number];

/** A *no*: `all` forbids everything, `sharing` only what would leave the machine, and prompts. */
export interface Refusal {
  readonly by: RefusalSource;
  readonly reach: "all" | "sharing";
  /** What exactly said no, for the user: a variable, a file and key, a setting. */
  readonly name: string;
}

/** Why the mode is what it is, beside the refusals. */
export const consentStates = ["never_asked", "given", "refused", "damaged"] as const;
export type ConsentState = (typeof consentStates)[number];

export interface Permission {
  readonly mode: Mode;
  /** What may be recorded now. */
  readonly collect: readonly Category[];
  /** What the user's own record allows, whoever says no. */
  readonly agreed: readonly Category[];
  /** What may be sent now: of what may be recorded, what the user ticked for sharing too. */
  readonly share: readonly Category[];
  /** What the user's own record allows to be sent and where to, whoever says no. */
  readonly agreedShare: readonly Category[];
  readonly agreedDestination: string | null;
  /** Whether what may be sent may be sent without being asked each time. */
  readonly automatic: boolean;
  readonly consent: ConsentState;
  /** Everything that says no at present, in the order of naming, also where it changes nothing. */
  readonly refusals: readonly Refusal[];
}

/**
 * Why a *yes* does not count: it was given before records named their installation (`unbound`); it was given for another
 * `NEXUS_HOME`; or another user owns the file, or can write it.
 */
export const untrustedReasons = ["unbound", "other_installation", "other_user"] as const;
export type UntrustedReason = (typeof untrustedReasons)[number];

/** Result of reading the consent file: a record, none (`null`), one that cannot be understood, or a yes that does not count. */
export type ConsentReading = ConsentRecord | null | "damaged" | UntrustedReason;

/** Whether the reading is a record that counts. */
export const isRecord = (reading: ConsentReading): reading is ConsentRecord =>
  typeof reading === "object" && reading !== null;

/** The rule. A damaged record counts as no: what it said is unknown. */
export function decide(reading: ConsentReading, others: readonly Refusal[]): Permission {
  const refusals = [...others, ...noticeRefusals(reading)];
  const ordered = refusals.sort((a, b) => refusalSources.indexOf(a.by) - refusalSources.indexOf(b.by));
  const nothing = { collect: [], share: [], automatic: false } as const;
  const closed = {
    mode: "off",
    ...nothing,
    agreed: [],
    agreedShare: [],
    agreedDestination: null,
    refusals: ordered,
  } as const;
  if (reading === "damaged") return { ...closed, consent: "damaged" };
  if (!isRecord(reading)) return { ...closed, consent: "never_asked" };
  if (reading.mode === "off") return { ...closed, consent: "refused" };
  const sharing = reading.mode === "share";
  const agreedShare = sharing ? reading.share.filter((name) => reading.collect.includes(name)) : [];
  const agreedDestination = sharing ? (reading.destination ?? null) : null;
  const given = {
    agreed: reading.collect,
    agreedShare,
    agreedDestination,
    consent: "given",
    refusals: ordered,
  } as const;
  if (ordered.some((refusal) => refusal.reach === "all")) {
    return { mode: "off", ...nothing, ...given };
  }
  const mode = ordered.length > 0 ? "local" : reading.mode;
  const share = mode === "share" ? agreedShare : [];
  return { mode, collect: reading.collect, share, automatic: mode === "share" && reading.automatic === true, ...given };
}

/** A new version of the text pauses sharing until the user has agreed to it. */
function noticeRefusals(reading: ConsentReading): readonly Refusal[] {
  if (!isRecord(reading) || reading.mode !== "share") return [];
  if (reading.noticeVersion === noticeVersion) return [];
  return [{ by: "notice", reach: "sharing", name: `A new version of the consent text (${noticeVersion})` }];
}

/** Environment variables in which a false value forbids everything. */
export const masterSwitches = ["NEXUS_TELEMETRY_ENABLED", "NEXUS_TELEMETRY"] as const;

type Environment = Readonly<Record<string, string | undefined>>;

/** Whether a variable of the environment says no. */
export const isOptOut = (value: string | undefined): boolean => /^(false|0|no|off)$/i.test(value?.trim() ?? "");
/** `DO_NOT_TRACK` (consoledonottrack.com) and `CI` count as set unless they are empty, 0 or false. */
const isSet = (value: string | undefined): boolean => value !== undefined && !/^(|0|false)$/i.test(value.trim());

/** The *no*s of an environment. A true value of any variable says nothing: only the user's record can say yes. */
export function environmentRefusals(env: Environment): readonly Refusal[] {
  const refusals: Refusal[] = [];
  if (isSet(env["DO_NOT_TRACK"])) refusals.push({ by: "do_not_track", reach: "sharing", name: "DO_NOT_TRACK" });
  if (isSet(env["CI"])) refusals.push({ by: "ci", reach: "sharing", name: "CI" });
  for (const name of masterSwitches) {
    if (isOptOut(env[name])) refusals.push({ by: "environment", reach: "all", name });
  }
  const sync = "NEXUS_TELEMETRY_CLOUD_SYNC";
  if (isOptOut(env[sync])) refusals.push({ by: "environment", reach: "sharing", name: sync });
  return refusals;
}

/** The *no*s of an editor: its own telemetry switch, and our setting. */
export function editorRefusals(editor: { readonly telemetry: boolean; readonly enabled: boolean }): readonly Refusal[] {
  const refusals: Refusal[] = [];
  if (!editor.telemetry) {
    refusals.push({ by: "editor_telemetry", reach: "sharing", name: "telemetry.telemetryLevel" });
  }
  if (!editor.enabled) refusals.push({ by: "editor_setting", reach: "all", name: "nexus.telemetry.enabled" });
  return refusals;
}

/** The last line of `consent.jsonl` that is not blank: the one that counts. */
export const lastLine = (fileText: string): string | undefined =>
  fileText
    .split("\n")
    .filter((line) => line.trim() !== "")
    .at(-1);

/** Reads the value that binds consent records to a `NEXUS_HOME` from the text of its `installation.json`; `null` if it has none. */
export function installationIn(fileText: string): string | null {
  return /"installation": ?"([0-9a-f-]{36})"/.exec(fileText)?.[1] ?? null;
}

/**
 * Reads the text of `consent.jsonl`: one JSON object a line, the last one counts.
 *
 * A last line that is cut or malformed means `damaged`: it may have been a *no*. Lines before it do not matter. A *no* counts
 * wherever it was given; a *yes* only for the installation that it names. `acceptUnbound`: one that names none is about to be bound.
 */
export function readConsent(fileText: string, installation: string | null, acceptUnbound = false): ConsentReading {
  const last = lastLine(fileText);
  if (last === undefined) return null;
  let entry: unknown;
  try {
    entry = JSON.parse(last);
  } catch {
    return "damaged";
  }
  if (typeof entry !== "object" || entry === null) return "damaged";
  const fields = entry as Readonly<Record<string, unknown>>;
  const { mode, collect, share = [], notice, ts, destination, automatic, installation: given } = fields;
  const known = modes.find((candidate) => candidate === mode);
  const tsMs = typeof ts === "string" ? Date.parse(ts) : Number.NaN;
  const version = typeof notice === "object" && notice !== null ? Reflect.get(notice, "version") : undefined;
  if (
    known === undefined ||
    !Array.isArray(collect) ||
    !Array.isArray(share) ||
    Number.isNaN(tsMs) ||
    typeof version !== "string"
  ) {
    return "damaged";
  }
  if (known !== "off" && given === undefined && !acceptUnbound) return "unbound";
  if (known !== "off" && given !== undefined && given !== installation) return "other_installation";
  // A category that this version does not know is not collected by it either.
  const named = (list: readonly unknown[]) => categories.filter((name) => list.includes(name));
  return {
    mode: known,
    collect: named(collect),
    share: named(share),
    noticeVersion: version,
    tsMs,
    destination: typeof destination === "string" ? destination : null,
    automatic: automatic === true,
  };
}

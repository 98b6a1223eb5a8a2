/**
 * Computes the effective policy from the consent record and all refusals. Pure.
 *
 * Only the user's consent record can grant anything; refusals can only restrict it. Each refusal has
 * a name for the status, which lists them in the order of `refusalSources`.
 */
import { type Category, categories } from "../schema/categories.ts";
import type { UploadSchema } from "../schema/upload-schema.ts";
import { noticeVersion } from "./notice-version.ts";

export const modes = ["off", "local", "share"] as const;
/** `off`: no recording. `local`: stored on this machine. `share`: stored, and may be uploaded. */
export type Mode = (typeof modes)[number];

/** The user's latest decision. */
export interface ConsentRecord {
  readonly mode: Mode;
  /** Categories that may be recorded. */
  readonly collect: readonly Category[];
  /** Categories that may be uploaded in mode `share`. */
  readonly share: readonly Category[];
  /** Version of the notice that was shown. */
  readonly noticeVersion: string;
  /** Time of the decision, in milliseconds since 1970. */
  readonly tsMs: number;
  /** The upload URL in mode `share`; otherwise `null`. */
  readonly destination?: string | null;
  /** Whether uploads may run without the user starting them. */
  readonly automatic?: boolean;
  /** The largest upload schema that the user agreed to. */
  readonly schema?: UploadSchema;
  /** Whether event log lines from before the consent are imported. They are never shared. */
  readonly earlierEvents?: boolean;
}

/** Everything that can refuse, in display order. */
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

/** `all` forbids recording and sharing; `sharing` forbids uploads and upgrade prompts. */
export interface Refusal {
  readonly by: RefusalSource;
  readonly reach: "all" | "sharing";
  /** Shown to the user: the variable, the file and key, or the setting. */
  readonly name: string;
}

/** `never_asked` also stands for a consent that does not count: see `UntrustedReason`. */
export const consentStates = ["never_asked", "given", "refused", "damaged"] as const;
export type ConsentState = (typeof consentStates)[number];

export interface Permission {
  readonly mode: Mode;
  /** Categories that may be recorded now. */
  readonly collect: readonly Category[];
  /** Categories with consent for recording, regardless of refusals. */
  readonly agreed: readonly Category[];
  /** Categories that may be uploaded now; a subset of `collect`. */
  readonly share: readonly Category[];
  /** Categories and destination with consent for sharing, regardless of refusals. */
  readonly agreedShare: readonly Category[];
  readonly agreedDestination: string | null;
  /** The largest upload schema that the user agreed to. */
  readonly agreedSchema: UploadSchema;
  /** Whether event log lines from before the consent are imported. */
  readonly earlierEvents: boolean;
  /** Whether uploads may run now without the user starting them. */
  readonly automatic: boolean;
  readonly consent: ConsentState;
  /** All active refusals in display order, including those without effect in this mode. */
  readonly refusals: readonly Refusal[];
}

/**
 * Why a consent does not count: its record names no installation (`unbound`, written by an early
 * version), it is for another `NEXUS_HOME`, or another user owns the file or can write it.
 */
export const untrustedReasons = ["unbound", "other_installation", "other_user"] as const;
export type UntrustedReason = (typeof untrustedReasons)[number];

/** Result of reading the consent file; `null`: it has no record. */
export type ConsentReading = ConsentRecord | null | "damaged" | UntrustedReason;

export const isRecord = (reading: ConsentReading): reading is ConsentRecord =>
  typeof reading === "object" && reading !== null;

/** Returns the effective policy. A damaged record counts as a refusal, because it may have been one. */
export function decide(reading: ConsentReading, externalRefusals: readonly Refusal[]): Permission {
  const refusals = [...externalRefusals, ...noticeRefusals(reading)];
  const ordered = refusals.sort((a, b) => refusalSources.indexOf(a.by) - refusalSources.indexOf(b.by));
  const nothing = { collect: [], share: [], automatic: false } as const;
  const off = {
    mode: "off",
    ...nothing,
    agreed: [],
    agreedShare: [],
    agreedDestination: null,
    agreedSchema: 1,
    earlierEvents: false,
    refusals: ordered,
  } as const;
  if (reading === "damaged") return { ...off, consent: "damaged" };
  if (!isRecord(reading)) return { ...off, consent: "never_asked" };
  if (reading.mode === "off") return { ...off, consent: "refused" };
  const sharing = reading.mode === "share";
  const agreedShare = sharing ? reading.share.filter((name) => reading.collect.includes(name)) : [];
  const agreedDestination = sharing ? (reading.destination ?? null) : null;
  const consented = {
    agreed: reading.collect,
    agreedShare,
    agreedDestination,
    agreedSchema: (sharing ? reading.schema : undefined) ?? 1,
    earlierEvents: reading.earlierEvents ?? false,
    consent: "given",
    refusals: ordered,
  } as const;
  if (ordered.some((refusal) => refusal.reach === "all")) {
    return { mode: "off", ...nothing, ...consented };
  }
  const mode = ordered.length > 0 ? "local" : reading.mode;
  const share = mode === "share" ? agreedShare : [];
  return {
    mode,
    collect: reading.collect,
    share,
    automatic: mode === "share" && reading.automatic === true,
    ...consented,
  };
}

/** A new notice version pauses sharing until the user consents again. */
function noticeRefusals(reading: ConsentReading): readonly Refusal[] {
  if (!isRecord(reading) || reading.mode !== "share") return [];
  if (reading.noticeVersion === noticeVersion) return [];
  return [{ by: "notice", reach: "sharing", name: `a new consent notice (version ${noticeVersion})` }];
}

/** Environment variables that forbid recording when they are false. */
export const masterSwitches = ["NEXUS_TELEMETRY_ENABLED", "NEXUS_TELEMETRY"] as const;

type Environment = Readonly<Record<string, string | undefined>>;

/** Returns whether the value of an environment variable is false. */
export const isOptOut = (value: string | undefined): boolean => /^(false|0|no|off)$/i.test(value?.trim() ?? "");
/** As in consoledonottrack.com, a variable counts as set unless it is empty, 0 or false. */
const isSet = (value: string | undefined): boolean => value !== undefined && !/^(|0|false)$/i.test(value.trim());

/** Returns the refusals of an environment. A true value never grants anything. */
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

/** Returns the refusals of an editor: its telemetry level and the setting of Nexus Telemetry. */
export function editorRefusals(editor: { readonly telemetry: boolean; readonly enabled: boolean }): readonly Refusal[] {
  const refusals: Refusal[] = [];
  if (!editor.telemetry) {
    refusals.push({ by: "editor_telemetry", reach: "sharing", name: "telemetry.telemetryLevel" });
  }
  if (!editor.enabled) refusals.push({ by: "editor_setting", reach: "all", name: "nexus.telemetry.enabled" });
  return refusals;
}

/** Returns the last non-blank line of `consent.jsonl`, the only one that counts. */
export const lastLine = (fileText: string): string | undefined =>
  fileText
    .split("\n")
    .filter((line) => line.trim() !== "")
    .at(-1);

/** Returns the installation ID from the text of `installation.json`; `null` if it has none. */
export function installationIn(fileText: string): string | null {
  return /"installation": ?"([0-9a-f-]{36})"/.exec(fileText)?.[1] ?? null;
}

/**
 * Reads the text of `consent.jsonl`: one JSON object per line; only the last line counts.
 *
 * A truncated or malformed last line means `damaged`, because it may have been a refusal. A refusal
 * counts for every installation, a consent only for the one it names. `acceptUnbound` accepts a
 * consent without an installation, for a caller that is about to bind it.
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
  const { mode, collect, share = [], notice, ts, destination, automatic, schema, installation: recordedFor } = fields;
  const knownMode = modes.find((candidate) => candidate === mode);
  const tsMs = typeof ts === "string" ? Date.parse(ts) : Number.NaN;
  const version = typeof notice === "object" && notice !== null ? Reflect.get(notice, "version") : undefined;
  if (
    knownMode === undefined ||
    !Array.isArray(collect) ||
    !Array.isArray(share) ||
    Number.isNaN(tsMs) ||
    typeof version !== "string"
  ) {
    return "damaged";
  }
  if (knownMode !== "off" && recordedFor === undefined && !acceptUnbound) return "unbound";
  if (knownMode !== "off" && recordedFor !== undefined && recordedFor !== installation) return "other_installation";
  // Categories of a newer version are dropped: this version does not record them.
  const knownCategories = (list: readonly unknown[]) => categories.filter((name) => list.includes(name));
  return {
    mode: knownMode,
    collect: knownCategories(collect),
    share: knownCategories(share),
    noticeVersion: version,
    tsMs,
    destination: typeof destination === "string" ? destination : null,
    automatic: automatic === true,
    schema: schema === 2 ? 2 : 1,
    earlierEvents: fields["earlier_events"] === true,
  };
}

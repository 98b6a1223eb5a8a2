/**
 * `nexus telemetry enable`: shows the consent notice and prompts, or accepts `--yes`. With `--share`, it then asks the destination
 * which upload schemas it accepts, shows what would leave, and prompts for consent to share. Sharing without a prompt requires the
 * notice version, the destination and the categories.
 */

import { createInterface, type Interface } from "node:readline/promises";
import { displayedNotice } from "../../../server/config/consent-log.ts";
import type { TelemetryService } from "../../../server/worker/service.ts";
import { askedCategories } from "../../../shared/consent/category-groups.ts";
import type { Permission } from "../../../shared/consent/consent.ts";
import { categoryTexts, notice } from "../../../shared/consent/notice.ts";
import { noticeVersion } from "../../../shared/consent/notice-version.ts";
import { textOf } from "../../../shared/protocol/message.ts";
import { type Category, categories } from "../../../shared/schema/categories.ts";
import { sharedCategories } from "../../../shared/schema/shared-categories.ts";
import type { UploadSchema } from "../../../shared/schema/upload-schema.ts";
import { countText } from "../../../shared/text/format.ts";
import { modeMessage, refusalMessage } from "../../../shared/text/sentences.ts";
import { ReportedError, UsageError } from "../../exit.ts";
import { askRecording, askSharing, type RecordingChoice } from "../../output/consent-dialog.ts";
import { print, printError } from "../../output/print.ts";
import { isAttended, isYes, styled, wrapped } from "../../output/terminal.ts";
import { withService } from "../../runtime.ts";

interface EnableOptions {
  readonly share?: boolean;
  readonly automatic?: boolean;
  readonly earlierEvents?: boolean;
  readonly yes?: boolean;
  readonly notice?: string;
  readonly categories?: string;
  readonly destination?: string;
}

export function run(options: EnableOptions): Promise<void> {
  return withService(async (service) => {
    await decide(service, options);
  });
}

/** Prompts for consent to recording or sharing. Resolves with whether it was given. */
export function ask(service: TelemetryService, share: boolean): Promise<boolean> {
  return decide(service, { share });
}

async function decide(service: TelemetryService, options: EnableOptions): Promise<boolean> {
  const destination = options.share === true ? destinationOf(service) : null;
  checkFlags(destination, options);
  const prompt = options.yes === true ? undefined : openPrompt();
  try {
    const recording = await recordingConsent(service, options, prompt);
    if (recording === undefined) {
      print("Nothing was changed.");
      return false;
    }
    if (destination === null) return true;
    return await sharingConsent(service, { recording, destination, options, prompt });
  } finally {
    prompt?.close();
  }
}

/** @throws UsageError without a terminal */
function openPrompt(): Interface {
  if (!isAttended()) {
    throw new UsageError(
      "Not a terminal: use --yes (for sharing also --notice VERSION, --destination URL and --categories LIST).",
    );
  }
  return createInterface({ input: process.stdin, output: process.stdout });
}

/**
 * Asks what may be recorded and stores the answer. For sharing, an earlier answer counts.
 * @returns the choice in force; `undefined` if the user declined.
 */
async function recordingConsent(
  service: TelemetryService,
  options: EnableOptions,
  prompt: Interface | undefined,
): Promise<RecordingChoice | undefined> {
  const { permission } = service.reader.status();
  const preset = options.categories === undefined ? undefined : parseCategories(options.categories);
  const isGiven = permission?.consent === "given" && permission.agreed.length > 0;
  if (options.share === true && isGiven) {
    return { collect: mergedWith(permission.agreed, preset), earlierEvents: permission.earlierEvents };
  }
  const choice = await recordingChoice(options, preset, prompt);
  if (choice.collect.length === 0) {
    if (choice.earlierEvents) print("Select a category too: earlier events are stored only for selected categories.");
    return undefined;
  }
  if (prompt !== undefined) {
    print(`\nSelected: ${choice.collect.map((name) => categoryTexts[name].title).join(", ")}.`);
    if (!(await isYes(prompt, "Record this on this machine?"))) return undefined;
  }
  report(
    service,
    service.giveConsent({
      mode: "local",
      ...choice,
      share: [],
      destination: null,
      automatic: false,
      schema: 1,
      notice: displayedNotice,
      via: prompt === undefined ? "terminal_flags" : "terminal",
    }).permission,
  );
  if (choice.earlierEvents) {
    const imported = await service.importLogs();
    print(`Imported ${countText(imported?.stored ?? 0, "event")} from before your consent.`);
  }
  return choice;
}

async function recordingChoice(
  { earlierEvents = false }: EnableOptions,
  preset: readonly Category[] | undefined,
  prompt: Interface | undefined,
): Promise<RecordingChoice> {
  if (prompt === undefined || preset !== undefined) return { collect: preset ?? askedCategories, earlierEvents };
  return askRecording(prompt);
}

/** Sharing a category requires recording it. */
const mergedWith = (agreed: readonly Category[], preset: readonly Category[] = []): readonly Category[] =>
  categories.filter((name) => agreed.includes(name) || preset.includes(name));

interface Sharing {
  readonly recording: RecordingChoice;
  readonly destination: string;
  readonly options: EnableOptions;
  readonly prompt: Interface | undefined;
}

async function sharingConsent(service: TelemetryService, sharing: Sharing): Promise<boolean> {
  const { recording, destination, options, prompt } = sharing;
  print(`\n${styled("bold", notice.sharing.title)}\nDestination: ${destination}`);
  const schema = await agreedSchema(service);
  const offered = sharedCategories(schema).filter((name) => recording.collect.includes(name));
  const share = await sharedChoice(offered, sharing);
  if (share.length === 0) {
    print(`Of the recorded categories, upload schema ${schema} contains: ${names(offered)}. None was selected.`);
    print(notSharedText(service));
    return false;
  }
  const automatic = options.automatic ?? (prompt !== undefined && (await isYes(prompt, "Upload automatically?")));
  if (prompt !== undefined) {
    printSample(service, share);
    if (!(await isYes(prompt, "Share this under a random ID?"))) {
      print(notSharedText(service));
      return false;
    }
  }
  const { permission } = service.giveConsent({
    mode: "share",
    ...recording,
    share,
    destination,
    automatic,
    schema,
    notice: displayedNotice,
    via: prompt === undefined ? "terminal_flags" : "terminal",
  });
  report(service, permission);
  return true;
}

function notSharedText(service: TelemetryService): string {
  if (service.reader.status().permission?.mode !== "share") return "Nothing is shared.";
  return "Nothing was changed: sharing continues as you agreed before. To stop it: nexus telemetry enable";
}

/** Asks the server, after it was named, and returns the schema to agree to. */
async function agreedSchema(service: TelemetryService): Promise<UploadSchema> {
  const { reason, host } = await service.checkServer();
  const schema = service.reader.status().sharing?.offered?.schema ?? 1;
  if (reason !== null) print(wrapped(`${textOf(reason)} Upload schema 1 is used.`));
  else print(wrapped(`${host} accepts upload schema ${schema}. The request contained no ID.`));
  return schema;
}

async function sharedChoice(offered: readonly Category[], { options, prompt }: Sharing): Promise<readonly Category[]> {
  const preset = options.categories === undefined ? undefined : parseCategories(options.categories);
  if (preset !== undefined) return offered.filter((name) => preset.includes(name));
  if (prompt === undefined || offered.length === 0) return [];
  print(
    wrapped(
      "Only what is recorded from now on is sent, under a random ID. Preview it, stop or erase it at any time. Only these categories can be shared with this server:",
    ),
  );
  return askSharing(prompt, offered);
}

/** Shows one event as it would leave with this choice. */
function printSample(service: TelemetryService, share: readonly Category[]): void {
  const sample = service.reader.preview(1, share);
  if (sample === null) {
    print("No stored event would be shared with this choice, so there is no sample yet.");
    return;
  }
  const { events } = JSON.parse(sample.body) as { readonly events: readonly unknown[] };
  print(`\nA recorded event as it would be sent:\n${wrapped(JSON.stringify(events[0]).replaceAll(",", ", "), "  ")}`);
}

const names = (list: readonly Category[]): string => list.map((name) => categoryTexts[name].title).join(", ") || "none";

function report(service: TelemetryService, permission: Permission): void {
  print(`Telemetry enabled. ${textOf(modeMessage(permission))}`);
  for (const refusal of permission.refusals) print(textOf(refusalMessage(refusal)));
  const { problem } = service.reader.status();
  if (problem !== null) printError(textOf(problem.message));
}

function destinationOf(service: TelemetryService): string {
  const { sharing, problem } = service.reader.status();
  if (sharing === null && problem !== null) throw new ReportedError(textOf(problem.message));
  const address = sharing?.address ?? null;
  if (address === null) {
    throw new UsageError("No destination. Set NEXUS_USAGE_UPLOAD_URL or upload_url in config.toml.");
  }
  return address;
}

/**
 * Sharing without a prompt requires that the command names what a dialog would show: the notice, the destination (a foreign
 * environment could upload elsewhere) and the categories. @throws UsageError
 */
function checkFlags(destination: string | null, options: EnableOptions): void {
  const { yes, notice: version, categories: list, destination: expected } = options;
  if (destination === null) return;
  if (yes === true && version !== noticeVersion) {
    throw new UsageError(
      version === undefined
        ? "--share --yes requires --notice VERSION (see nexus consent show)."
        : `The consent notice has version ${noticeVersion}, not ${version}. Read it with nexus consent show.`,
    );
  }
  if (yes === true && list === undefined) throw new UsageError("--share --yes requires --categories LIST.");
  if (yes === true && expected === undefined) throw new UsageError("--share --yes requires --destination URL.");
  if (expected !== undefined && (!URL.canParse(expected) || new URL(expected).href !== destination))
    throw new UsageError(`--destination differs from the configured destination ${destination}. Nothing was changed.`);
}

/** @throws UsageError */
function parseCategories(list: string): readonly Category[] {
  if (list.trim() === "all") return askedCategories;
  const selected = list.split(",").map((name) => name.trim());
  const unknown = selected.filter((name) => !askedCategories.some((known) => known === name));
  if (unknown.length > 0)
    throw new UsageError(`Unknown category: ${unknown.join(", ")}. Valid values: all, ${askedCategories.join(", ")}.`);
  return askedCategories.filter((name) => selected.includes(name));
}

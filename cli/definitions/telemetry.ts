/** `nexus telemetry …`: consent, configuration, and the user's own data. */
import type { Command } from "commander";
import { noticeVersion } from "../../shared/consent/notice-version.ts";
import { lazyAction } from "./lazy-action.ts";
import { parseInteger, withExamples, withJson, withPeriod } from "./options.ts";
import { syncReportShape } from "./sharing.ts";

const permissionShape =
  "{mode, collect, share, automatic, agreed, agreedShare, agreedDestination, agreedSchema, earlierEvents, consent, refusals: [{by, reach, name}]}";
const databaseShape = "{path, events, sessions, oldestMs, newestMs, missing, belowWatermark, sizeBytes, driver}";
const firewallShape = "{accepted, refused, dropped, redacted, sources}";
const sharingShape =
  "{destination, address, schema, agreedSchema, offered: {schema, checkedMs}, pending, waiting, syncing, syncedMs, paused, failure, retryAtMs, receipts, rejected, erasures, erasing, sharedWith}";

/** How a command is typed, for its examples. */
const nameOf = (parent: Command): string => (parent.name() === "nexus" ? "nexus" : `nexus ${parent.name()}`);

/** Short form → the command that it runs. */
export const shortForms = {
  status: "telemetry status",
  enable: "telemetry enable",
  disable: "telemetry disable",
  show: "telemetry show",
  export: "telemetry export",
  purge: "telemetry purge",
  dashboard: "telemetry dashboard",
} as const;

/** Adds the commands that are typed most, without `telemetry`. */
export function addShortForms(nexus: Command): void {
  for (const add of [addStatus, addEnable, addDisable, addShow, addExport, addPurge, addDashboard]) add(nexus);
}

export function addTelemetry(nexus: Command): void {
  const telemetry = nexus.command("telemetry").description("control recording and sharing, and manage your data");
  addStatus(telemetry);
  addEnable(telemetry).alias("on");
  addDisable(telemetry).alias("off");
  addShow(telemetry);

  withExamples(
    withJson(
      telemetry
        .command("explain")
        .description("explain what is recorded and why; details for one event or field")
        .argument("[name]", "event type or field"),
      "{version, categories: [{category, title, text, events: [{type, description}], fields: [{name, description, purpose, holds, shared}]}]}; of an event {version, name, description, purpose, category, fields, example, visible_to, retention, opt_out}; of a field {version, name, description, purpose, type, example, category, visible_to, retention, event_types, opt_out}",
    ),
    "nexus telemetry explain",
    "nexus telemetry explain command_path",
  ).action(lazyAction(() => import("../commands/telemetry/explain.ts")));

  addExport(telemetry);
  addDelete(telemetry, "delete").alias("purge");

  withExamples(
    withPeriod(
      withJson(
        telemetry
          .command("metrics")
          .description("show personal usage metrics: commands, profiles, tools, tokens and cost"),
        "{version, period, fromMs, toMs, sessions, queries, totalMs, commands: [{name, count}], profiles, thinktools, tools, averageMs, successRate, cacheHitRate, tokens: {input, output, cached}, cost: {usd, reportedUsd, pricesAsOf, unpriced: [{model, tokens}]}}; profiles, thinktools and tools have the fields of commands",
      ),
    ),
    "nexus telemetry metrics --week",
  ).action(lazyAction(() => import("../commands/telemetry/metrics.ts")));

  withPeriod(
    withJson(
      telemetry.command("stats").description("show usage statistics with the four numbers of the specification"),
      "{version, period, fromMs, toMs, unit, recordedFromMs, exitRulesSinceMs, sessions, averageSessionMs, workspacesCreated, tasksCompleted, commands, succeeded, failed, cancelled, successRate, durations: {medianMs, p95Ms, totalMs}, topCommands: [{name, source, count, failed, medianMs, totalMs}], topTools, activity: [{startMs, succeeded, failed, other}], before: {commands, successRate, totalMs, sessions}, dropped}; topTools has the fields of topCommands",
    ),
  ).action(lazyAction(() => import("../commands/telemetry/stats.ts")));

  addDashboard(telemetry);

  withJson(telemetry.command("erase-remote").description("erase shared data on all servers"), syncReportShape).action(
    lazyAction(() => import("../commands/telemetry/erase-remote.ts")),
  );

  addConfig(telemetry);
}

function addStatus(parent: Command): Command {
  return withJson(
    parent.command("status").description("show the mode, active opt-outs, stored data and pending uploads"),
    `{version, permission: ${permissionShape}, decidedMs, database: ${databaseShape}, databasePath, configPath, limits: {retentionDays, maxBytes, rollupRetentionDays}, resourceUsage, firewall: ${firewallShape}, sharing: ${sharingShape}, lastStoredMs, notes, problem: {kind, text}}`,
  ).action(lazyAction(() => import("../commands/telemetry/status.ts")));
}

function addEnable(parent: Command): Command {
  return withExamples(
    parent
      .command("enable")
      .description("consent to recording, and with --share to uploading")
      .option("--share", "also consent to uploading to the configured destination")
      .option("--automatic", "upload automatically (with --share)")
      .option("--earlier-events", "also import event log lines from before now (with --yes); they are never shared")
      .option("--yes", "skip the prompt")
      .option("--notice <version>", "notice version (see nexus consent show); required with --share --yes")
      .option("--destination <url>", "configured upload URL; required with --share --yes")
      .option("--categories <list>", "categories: all, or a comma-separated list; required with --share --yes"),
    `${nameOf(parent)} enable`,
    `${nameOf(parent)} enable --yes`,
    `${nameOf(parent)} enable --share --yes --notice ${noticeVersion} --destination https://telemetry.example.com/v1/telemetry/events --categories command_usage`,
  ).action(lazyAction(() => import("../commands/telemetry/enable.ts")));
}

function addDisable(parent: Command): Command {
  return parent
    .command("disable")
    .description("stop recording and sharing; stored data is kept")
    .option("--erase-remote", "also erase shared data on the servers")
    .action(lazyAction(() => import("../commands/telemetry/disable.ts")));
}

function addShow(parent: Command): Command {
  return withExamples(
    withJson(
      parent
        .command("show")
        .description("show the newest events, while sharing as they would be sent, or preview a command (after --)")
        .argument("[command...]", "command to preview; it is not run")
        .option("--limit <n>", "maximum number of events (default: 10)", parseInteger),
      "{version, total, sharing, events: [{key, id, type, source, seq, tsMs, utcOffsetMin, session, payload}]}; while sharing the events as they would be sent; with a command {version, preview: true, events: [{type, payload}]}",
    ),
    `${nameOf(parent)} show`,
    `${nameOf(parent)} show -- git push origin secret-branch`,
  ).action(lazyAction(() => import("../commands/telemetry/show.ts")));
}

function addExport(parent: Command): Command {
  return withExamples(
    withJson(
      parent
        .command("export")
        .description("export all stored data: events, sessions, totals, consent, ledger and settings")
        .option("--output <file>", "output file; - for standard output (default: nexus-export-DATE.json, or a pipe)")
        .option(
          "--format <format>",
          "json, jsonl, csv, or prometheus for totals (default: by file extension, else json)",
        )
        .option("--what <list>", "all, or some of events,sessions,totals,consent,ledger,settings (csv: events)")
        .option("--force", "replace an existing file"),
      "{version, format, files: [{path, sizeBytes, counts}]}; counts has the number of rows by kind",
    ),
    `${nameOf(parent)} export`,
    `${nameOf(parent)} export --output totals.csv --what totals`,
    `${nameOf(parent)} export --output my-data/ --format csv --what all`,
    `${nameOf(parent)} export --what totals --format prometheus --output /var/lib/node_exporter/nexus.prom --force`,
    `${nameOf(parent)} export --output - | jq '.totals[0]'`,
  ).action(lazyAction(() => import("../commands/telemetry/export.ts")));
}

const addPurge = (nexus: Command): Command => addDelete(nexus, "purge");

function addDelete(parent: Command, name: string): Command {
  return withExamples(
    withPeriod(
      withJson(
        parent
          .command(name)
          .description("delete all stored data, or a part of it, and verify the deletion")
          .option("--source <source>", "only of a source, such as claude_code")
          .option("--workspace <name>", "only of a workspace: its folder, URI or recorded hash")
          .option("--confirm", "skip the prompt"),
        "{version, events, sessions, freedBytes, searched, found, copies, agentSettings}; of a part {version, events, sessions, totals, freedBytes, searched, found, copies}; without data {version, events: 0}",
      ),
      "of these days",
    ),
    `${nameOf(parent)} ${name}`,
    `${nameOf(parent)} ${name} --source claude_code --since 2026-11-01 --until 2026-11-07`,
    `${nameOf(parent)} ${name} --workspace .`,
  ).action(lazyAction(() => import("../commands/telemetry/delete.ts")));
}

function addDashboard(parent: Command): Command {
  return parent
    .command("dashboard")
    .description("open the live terminal dashboard (?: keys, q: quit)")
    .action(lazyAction(() => import("../commands/telemetry/dashboard.ts")));
}

function addConfig(telemetry: Command): void {
  const config = telemetry.command("config").description("manage the settings in config.toml");
  withJson(
    config
      .command("get")
      .description("print the value of a key")
      .argument("<key>", "such as retention_days or privacy.block_sensitive")
      .option("--show-origin", "also print where the value is set"),
    "{version, key, value, origin}",
  ).action(lazyAction(() => import("../commands/telemetry/config/get.ts")));
  withExamples(
    withJson(
      config
        .command("set")
        .description("set a key; keeps comments")
        .argument("<key>", "key to set")
        .argument("<value>", "new value; a list is separated by commas"),
      "{version, key, value}",
    ),
    "nexus telemetry config set retention_days 30",
    "nexus telemetry config set mode off",
  ).action(lazyAction(() => import("../commands/telemetry/config/set.ts")));
  withJson(
    config.command("unset").description("unset a key (use its default)").argument("<key>", "key to unset"),
    "{version, key, value: null}",
  ).action(lazyAction(() => import("../commands/telemetry/config/unset.ts")));
  withJson(
    config
      .command("list")
      .description("list every key with its value")
      .option("--show-origin", "also print where each value is set: file, environment variable or default"),
    "{version, settings: [{key, value, origin}], environment: [{name, value}]}",
  ).action(lazyAction(() => import("../commands/telemetry/config/list.ts")));
}

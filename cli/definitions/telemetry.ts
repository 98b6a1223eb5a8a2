/** `nexus telemetry …`: recording and sharing, and the user's own data. */
import type { Command } from "commander";
import { noticeVersion } from "../../shared/consent/notice.ts";
import { lazyAction } from "./lazy-action.ts";
import { parseInteger, withExamples, withJson, withPeriod } from "./options.ts";

export function addTelemetry(nexus: Command): void {
  const telemetry = nexus.command("telemetry").description("recording and sharing on and off, and your own data");

  withJson(
    telemetry
      .command("status")
      .description("print whether it is on, who says no, what is stored and what waits to be sent"),
    "{version, permission: {mode, collect, share, consent, refusals}, decidedMs, database, databasePath, configPath, firewall, sharing, lastStoredMs, remarks, problem}",
  ).action(lazyAction(() => import("../commands/telemetry/status.ts")));

  withExamples(
    telemetry
      .command("enable")
      .alias("on")
      .description("agree to recording, and with --share to sending; asks, or takes your word with --yes")
      .option("--share", "agree to send to the configured destination too")
      .option("--automatic", "send without being asked each time (with --share)")
      .option("--yes", "agree without being asked")
      .option("--notice <version>", "the version of the text you read (nexus consent show); needed to share with --yes")
      .option("--destination <url>", "the address you agree to; needed to share with --yes")
      .option("--categories <list>", "what you agree to: all, or names with commas"),
    "nexus telemetry enable",
    "nexus telemetry enable --yes",
    `nexus telemetry enable --share --yes --notice ${noticeVersion} --destination https://telemetry.example.com/v1/telemetry/events --categories command_usage`,
  ).action(lazyAction(() => import("../commands/telemetry/enable.ts")));

  telemetry
    .command("disable")
    .alias("off")
    .description("stop recording and sharing; what is stored stays until you delete it")
    .option("--erase-remote", "ask the servers to erase what you shared")
    .action(lazyAction(() => import("../commands/telemetry/disable.ts")));

  withExamples(
    withJson(
      telemetry
        .command("show")
        .description("print the newest events that were not sent, as they are stored; after -- a command to preview")
        .argument("[command...]", "a command: what would be recorded of it, without running it")
        .option("--limit <n>", "at most so many events (10)", parseInteger),
      "{version, total, events: [{key, id, type, source, seq, tsMs, utcOffsetMin, session, payload}]}; of a command {version, preview: true, events: [{type, payload}]}",
    ),
    "nexus telemetry show",
    "nexus telemetry show -- git push origin secret-branch",
  ).action(lazyAction(() => import("../commands/telemetry/show.ts")));

  withExamples(
    withJson(
      telemetry
        .command("explain")
        .description("say what is recorded and why; of one event or field in full")
        .argument("[name]", "an event or a field"),
      "{version, categories: [{category, title, text, events, fields}]}; of a name {version, name, …}",
    ),
    "nexus telemetry explain",
    "nexus telemetry explain command_path",
  ).action(lazyAction(() => import("../commands/telemetry/explain.ts")));

  withExamples(
    withJson(
      telemetry
        .command("export")
        .description("write everything that is stored to a file")
        .requiredOption("--output <file>", "where to")
        .option("--format <format>", "json, jsonl or csv; else by the file's ending"),
      "{version, path, format, events, sizeBytes}",
    ),
    "nexus telemetry export --output my-data.json",
    "nexus telemetry export --output my-data.csv --format csv",
  ).action(lazyAction(() => import("../commands/telemetry/export.ts")));

  withJson(
    telemetry
      .command("delete")
      .alias("purge")
      .description("delete everything that is stored, and prove it")
      .option("--confirm", "do not ask"),
    "{version, events, sessions, freedBytes, searched, found, copies}",
  ).action(lazyAction(() => import("../commands/telemetry/delete.ts")));

  withExamples(
    withPeriod(
      withJson(
        telemetry.command("metrics").description("print your usage: commands, profiles, tools, tokens, cost"),
        "{version, period, fromMs, toMs, sessions, queries, totalMs, commands: [{name, count}], profiles, thinktools, tools, averageMs, successRate, cacheHitRate, tokens: {input, output, cached}, cost: {usd, toldUsd, pricesAsOf, notPriced}}",
      ),
    ),
    "nexus telemetry metrics --week",
  ).action(lazyAction(() => import("../commands/telemetry/metrics.ts")));

  withPeriod(withJson(telemetry.command("stats").description("the same as nexus stats"), "as nexus stats")).action(
    lazyAction(() => import("../commands/stats.ts")),
  );

  telemetry
    .command("dashboard")
    .description("a live page in the terminal; q ends it")
    .action(lazyAction(() => import("../commands/telemetry/dashboard.ts")));

  withJson(
    telemetry.command("erase-remote").description("ask every server that was sent something to erase it"),
    "{version, outcome, events, batches, rejected, erased, left, reason, untilMs, setAside}",
  ).action(lazyAction(() => import("../commands/telemetry/erase-remote.ts")));

  addConfig(telemetry);
}

function addConfig(telemetry: Command): void {
  const config = telemetry.command("config").description("the settings in config.toml");
  withJson(
    config
      .command("get")
      .description("print the value of a key")
      .argument("<key>", "such as retention_days or privacy.block_sensitive")
      .option("--show-origin", "print where it comes from too"),
    "{version, key, value, origin}",
  ).action(lazyAction(() => import("../commands/telemetry/config/get.ts")));
  withExamples(
    withJson(
      config
        .command("set")
        .description("change a key; comments and everything else in the file stay as they are")
        .argument("<key>")
        .argument("<value>"),
      "{version, key, value}",
    ),
    "nexus telemetry config set retention_days 30",
    "nexus telemetry config set mode off",
  ).action(lazyAction(() => import("../commands/telemetry/config/set.ts")));
  withJson(
    config.command("unset").description("remove a key, so that its default counts").argument("<key>"),
    "{version, key, value: null}",
  ).action(lazyAction(() => import("../commands/telemetry/config/unset.ts")));
  withJson(
    config
      .command("list")
      .description("print every key with its value")
      .option("--show-origin", "print where each comes from: the file, a variable, or its default"),
    "{version, settings: [{key, value, origin}], environment: [{name, value}]}",
  ).action(lazyAction(() => import("../commands/telemetry/config/list.ts")));
}

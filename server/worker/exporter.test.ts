import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { describe, expect, it } from "vitest";
import { type ExportFormat, type ExportKind, exportKinds } from "../../shared/protocol/worker.ts";
import { categories } from "../../shared/schema/categories.ts";
import { fieldNames } from "../../shared/schema/fields.ts";
import { SharingWorker } from "../../test/fixtures/sharing-worker.ts";
import { UsageServer } from "../../test/fixtures/usage-server.ts";

interface Exported extends Readonly<Record<ExportKind, readonly Readonly<Record<string, unknown>>[]>> {
  readonly format: string;
  readonly version: number;
  readonly counts: Readonly<Record<string, number>>;
}

async function exported(
  sharer: SharingWorker,
  format: ExportFormat = "json",
  what: readonly ExportKind[] = exportKinds,
): Promise<string> {
  let text = "";
  const write = (part: string): void => {
    text += part;
  };
  await sharer.worker.reader.exportTo({ write }, { format, what });
  return text;
}

const parsed = async (sharer: SharingWorker): Promise<Exported> => JSON.parse(await exported(sharer));

async function recorded(): Promise<SharingWorker> {
  const server = await UsageServer.start();
  const sharer = new SharingWorker({ url: server.url });
  sharer.consent();
  // Not in the order of time.
  sharer.record(20, Date.now() - 3_600_000);
  sharer.record(10, Date.now() - 7_200_000);
  sharer.record(10, Date.now() + 1_000);
  await sharer.worker.sync();
  return sharer;
}

describe("an export", () => {
  it("contains every kind of stored data, each ordered by time, and counts it", async () => {
    const sharer = await recorded();
    const document = await parsed(sharer);
    expect(document).toMatchObject({ format: "nexus-telemetry-export", version: 1 });
    expect(document.counts).toMatchObject({ events: 40, consent: 1 });
    for (const kind of exportKinds) expect(document[kind].length, kind).toBe(document.counts[kind]);
    const times = document.events.map(({ timestamp }) => String(timestamp));
    expect(times).toEqual([...times].sort());
    const { total } = document.totals.reduce<{ total: number }>(
      (sum, row) => ({ total: sum.total + (row["grain"] === "hour" ? Number(row["count"]) : 0) }),
      { total: 0 },
    );
    expect(total).toBe(40);
    expect(document.ledger.map(({ seq }) => seq)).toEqual(document.ledger.map((_, n) => n + 1));
    expect(document.settings).toContainEqual({ key: "retention_days", value: 90, origin: "default" });
    expect(document.consent[0]).toMatchObject({ mode: "share", collect: [...categories] });
    const installation = readFileSync(join(sharer.home, "nexus", "state", "usage", "installation.json"), "utf8");
    const { secret } = JSON.parse(installation).identities[0];
    expect(JSON.stringify(document)).not.toContain(secret);
  });

  it("writes the envelope of the specification, in JSON Lines one record per line", async () => {
    const sharer = await recorded();
    const lines = (await exported(sharer, "jsonl"))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines[0]).toMatchObject({ record: "export", version: 1 });
    expect(lines.at(-1)).toMatchObject({ record: "counts", counts: { events: 40 } });
    const event = lines.find(({ record, payload }) => record === "event" && payload.tool_phase === "end");
    expect(event).toMatchObject({
      schema_version: "1.0.0",
      event_type: "agent_event",
      utc_offset_min: 60,
      source: { product: "nexus-telemetry", tier: "oss", channel: "vscode_terminal" },
      session: { sequence: expect.any(Number), started_at: expect.any(String) },
      payload: { tool_name: "run_terminal_cmd", command_path: "git push", status: "ok", duration_ms: 12 },
    });
    expect((await exported(sharer, "json", ["events"])).split("\n")).toHaveLength(1 + 1 + 40 + 1 + 1 + 1);
  });

  it("writes CSV with a column per field, and no cell that is a formula", async () => {
    const sharer = await recorded();
    for (const kind of exportKinds) {
      const rows: string[][] = parse(await exported(sharer, "csv", [kind]));
      const [head = [], ...cells] = rows;
      expect(cells.length, kind).toBeGreaterThan(0);
      expect(new Set(rows.map((row) => row.length))).toEqual(new Set([head.length]));
      for (const cell of cells.flat()) expect(cell).not.toMatch(/^[=@\t\r]|^[+-](?![\d.]+$)/);
    }
    const [head = []] = parse(await exported(sharer, "csv", ["events"]));
    expect(head).toEqual(expect.arrayContaining(["event_id", "recorder_version", ...fieldNames]));
  });

  it("cannot contain a formula from a damaged consent file either", async () => {
    const sharer = await recorded();
    writeFileSync(join(sharer.home, ".config", "nexus", "consent.jsonl"), `=HYPERLINK("x")\n`);
    expect(await exported(sharer, "csv", ["consent"])).toContain(`"'=HYPERLINK(""x"")"`);
  });

  it("is empty without a database, and creates none", async () => {
    const sharer = new SharingWorker();
    const document = await parsed(sharer);
    expect(document.counts).toMatchObject({ events: 0, totals: 0, ledger: 0, consent: 0 });
    expect(existsSync(join(sharer.home, "nexus"))).toBe(false);
  });

  it("reads one moment: what is recorded meanwhile is in neither events nor totals", async () => {
    const sharer = await recorded();
    let text = "";
    await sharer.worker.reader.exportTo(
      {
        write: (part) => {
          if (text === "") sharer.record(10);
          text += part;
        },
      },
      { format: "json", what: ["events", "totals"] },
    );
    const document: Exported = JSON.parse(text);
    expect(document.counts["events"]).toBe(40);
    const hours = document.totals.filter(({ grain }) => grain === "hour");
    expect(hours.reduce((sum, { count }) => sum + Number(count), 0)).toBe(40);
  });
});

describe("an exported file", () => {
  const options = { format: "json", what: exportKinds } as const;

  it("is readable by the user only, and replaces a file only with force", async () => {
    const sharer = await recorded();
    const { reader } = sharer.worker;
    const path = join(sharer.home, "out.json");
    const { sizeBytes } = await reader.export(path, options);
    expect(readFileSync(path).length).toBe(sizeBytes);
    await expect(reader.export(path, options)).rejects.toThrow(/exists and was not overwritten/);
    writeFileSync(path, "mine");
    await reader.export(path, options, true);
    expect(JSON.parse(readFileSync(path, "utf8")).counts.events).toBe(40);
  });

  it("is written neither through a link nor over a folder, also with force", async () => {
    const sharer = await recorded();
    const { reader } = sharer.worker;
    const target = join(sharer.home, "target.json");
    writeFileSync(target, "mine");
    symlinkSync(target, join(sharer.home, "link.json"));
    symlinkSync(join(sharer.home, "nowhere"), join(sharer.home, "dangling.json"));
    mkdirSync(join(sharer.home, "folder.json"));
    for (const name of ["link.json", "dangling.json"])
      await expect(reader.export(join(sharer.home, name), options, true)).rejects.toThrow(/is a link/);
    await expect(reader.export(join(sharer.home, "folder.json"), options, true)).rejects.toThrow(/is a folder/);
    await expect(reader.export(join(sharer.home, "no", "x.json"), options)).rejects.toThrow(/folder does not exist/);
    expect(readFileSync(target, "utf8")).toBe("mine");
    expect(readdirSync(sharer.home).filter((name) => name.includes("unfinished"))).toEqual([]);
  });

  it("does not exist after an error or an interruption, and an existing one is unchanged", async () => {
    const sharer = await recorded();
    const path = join(sharer.home, "out.json");
    writeFileSync(path, "mine");
    const stopped = sharer.worker.reader.export(path, { ...options, progress: () => sharer.core.close() }, true);
    await expect(stopped).rejects.toThrow();
    expect(readFileSync(path, "utf8")).toBe("mine");
    expect(readdirSync(sharer.home).filter((name) => name.includes("unfinished"))).toEqual([]);
  });
});

/**
 * Monthly totals in files, which survive the loss of the database. One file per month,
 * `2026-11.jsonl`: line 1 has the number of suppressed cells and the version, each further line a
 * row.
 */
import { existsSync, readdirSync } from "node:fs";
import { mkdir, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeAtomically } from "../atomic-file.ts";

export type MonthlyRow = Readonly<Record<string, unknown>>;

export interface Month {
  /** First day, `2026-11-01`. */
  readonly month: string;
  /** Number of cells with too few users. */
  readonly suppressed: number;
  /** Increases with each write; 0 for files before 0.9. */
  readonly version: number;
  readonly rows: readonly MonthlyRow[];
}

const fileName = /^(\d{4}-\d{2})\.jsonl$/;

export class MonthlyFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Replaces the file of a month. @throws the file system's error. */
  async write({ month, suppressed, version, rows }: Month): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const lines = [{ month, suppressed_cells: suppressed, version }, ...rows].map(
      (line) => `${JSON.stringify(line)}\n`,
    );
    await writeAtomically(this.#path(month), lines.join(""));
  }

  /** Returns the first days of the months that have a file. */
  months(): readonly string[] {
    const names = existsSync(this.#folder) ? readdirSync(this.#folder) : [];
    return names.flatMap((name) => fileName.exec(name)?.[1] ?? []).map((month) => `${month}-01`);
  }

  /**
   * Returns the version, reading only the first line; -1 if there is no file.
   * @throws Error if the file is damaged.
   */
  async versionOf(month: string): Promise<number> {
    if (!existsSync(this.#path(month))) return -1;
    const file = await open(this.#path(month));
    try {
      for await (const line of file.readLines()) return headOf(line, this.#path(month)).version;
      throw damaged(this.#path(month));
    } finally {
      await file.close();
    }
  }

  /** @throws Error if the file is damaged. */
  async read(month: string): Promise<Month> {
    const path = this.#path(month);
    const [head = "", ...lines] = (await readFile(path, "utf8")).trimEnd().split("\n");
    try {
      return { month, ...headOf(head, path), rows: lines.map((line) => JSON.parse(line)) };
    } catch {
      throw damaged(path);
    }
  }

  #path(month: string): string {
    return join(this.#folder, `${month.slice(0, 7)}.jsonl`);
  }
}

const damaged = (path: string): Error =>
  new Error(`${path} is damaged. Restore it from a backup, or delete it to keep the database's values.`);

function headOf(line: string, path: string): { readonly suppressed: number; readonly version: number } {
  try {
    const head: { suppressed_cells: unknown; version?: unknown } = JSON.parse(line);
    return { suppressed: Number(head.suppressed_cells), version: Number(head.version ?? 0) };
  } catch {
    throw damaged(path);
  }
}

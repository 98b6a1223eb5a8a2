/**
 * Months as files beside the database: what is kept for ever outlives the loss of the database. One file
 * a month, `2026-11.jsonl`: what was not kept of it, and then a row a line.
 */
import { existsSync, readdirSync } from "node:fs";
import { mkdir, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeAtomically } from "../atomic-file.ts";

export type MonthlyRow = Readonly<Record<string, unknown>>;

export interface Month {
  /** Its first day, `2026-11-01`. */
  readonly month: string;
  /** How many cells had too few users. */
  readonly suppressed: number;
  /** Rises with each writing; 0 for files of before 0.9. */
  readonly version: number;
  readonly rows: readonly MonthlyRow[];
}

const fileName = /^(\d{4}-\d{2})\.jsonl$/;

export class MonthlyFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @throws the file system's error. */
  async write({ month, suppressed, version, rows }: Month): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const lines = [{ month, suppressed_cells: suppressed, version }, ...rows].map(
      (line) => `${JSON.stringify(line)}\n`,
    );
    await writeAtomically(this.#path(month), lines.join(""));
  }

  /** First days of the months that there are files of. */
  months(): readonly string[] {
    const names = existsSync(this.#folder) ? readdirSync(this.#folder) : [];
    return names.flatMap((name) => fileName.exec(name)?.[1] ?? []).map((month) => `${month}-01`);
  }

  /** Reads the first line only; -1 without a file. @throws Error if the file is damaged. */
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
  new Error(`${path} is damaged. Restore it from a copy, or remove it: the database then keeps what it has.`);

function headOf(line: string, path: string): { readonly suppressed: number; readonly version: number } {
  try {
    const head: { suppressed_cells: unknown; version?: unknown } = JSON.parse(line);
    return { suppressed: Number(head.suppressed_cells), version: Number(head.version ?? 0) };
  } catch {
    throw damaged(path);
  }
}

/**
 * Months as files beside the database: what is kept for ever is on the disk even where the database does not sync its own files (PGlite). One file
 * a month, `2026-11.jsonl`: what was not kept of it, and then a row a line.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { writeWhole } from "../whole-file.ts";

export type MonthlyRow = Readonly<Record<string, unknown>>;

export interface Month {
  /** Its first day, `2026-11-01`. */
  readonly month: string;
  /** How many cells had too few users. */
  readonly suppressed: number;
  readonly rows: readonly MonthlyRow[];
}

const fileName = /^(\d{4}-\d{2})\.jsonl$/;

export class MonthlyFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @throws the file system's error. */
  async write({ month, suppressed, rows }: Month): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const lines = [{ month, suppressed_cells: suppressed }, ...rows].map((line) => `${JSON.stringify(line)}\n`);
    await writeWhole(join(this.#folder, `${month.slice(0, 7)}.jsonl`), lines.join(""));
  }

  /** First days of the months that there are files of. */
  months(): readonly string[] {
    const names = existsSync(this.#folder) ? readdirSync(this.#folder) : [];
    return names.flatMap((name) => fileName.exec(name)?.[1] ?? []).map((month) => `${month}-01`);
  }

  /** @throws SyntaxError where the file is not what was written. */
  read(month: string): Month {
    const text = readFileSync(join(this.#folder, `${month.slice(0, 7)}.jsonl`), "utf8");
    const [head, ...rows] = text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    return { month, suppressed: Number(head.suppressed_cells), rows };
  }
}

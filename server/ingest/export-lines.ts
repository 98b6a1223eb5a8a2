/**
 * Reads an export of this product line by line, in constant memory: JSON as `nexus telemetry export` writes it, or JSON Lines. A
 * file that was cut, changed, or written by something else is refused with the line.
 */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { type ExportKind, exportKinds } from "../../shared/protocol/worker.ts";
import { errorCode } from "../../shared/text/error-code.ts";

/** The file cannot be imported. The message is for the user: which file, where, what to do. */
export class ExportReadError extends Error {
  override readonly name = "ExportReadError";
}

type Fields = Readonly<Record<string, unknown>>;

export type ExportLine =
  | { readonly type: "header"; readonly line: number; readonly fields: Fields }
  | { readonly type: "row"; readonly line: number; readonly kind: ExportKind; readonly fields: Fields }
  | { readonly type: "counts"; readonly line: number; readonly fields: Fields };

const kindOfRecord: Readonly<Record<string, ExportKind>> = {
  event: "events",
  session: "sessions",
  total: "totals",
  consent: "consent",
  ledger: "ledger",
  setting: "settings",
};

function objectIn(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}

const withoutComma = (text: string): string => (text.endsWith(",") ? text.slice(0, -1) : text);

/** Parses the lines of one file; each method is called once per line. */
class LineParser {
  readonly #file: string;
  #isLines = false;
  #kind: ExportKind | undefined;
  #line = 0;
  #ended = false;

  constructor(file: string) {
    this.#file = file;
  }

  /** Returns `undefined` for a line that only structures the document. @throws ExportReadError */
  next(text: string): ExportLine | undefined {
    this.#line += 1;
    const line = this.#line;
    if (line === 1) return this.#header(text);
    if (text === "") return undefined;
    if (this.#ended) throw this.#damaged();
    return this.#isLines ? this.#record(text) : this.#part(text);
  }

  /** @throws ExportReadError if the file was cut. */
  end(): void {
    if (this.#line === 0) throw new ExportReadError(`${this.#file} is empty.`);
    if (!this.#ended)
      throw new ExportReadError(`${this.#file} is incomplete: it ends in line ${this.#line}. Export or copy it again.`);
  }

  #header(text: string): ExportLine {
    // The first line of JSON continues; the brace closes it for the parser.
    const fields = objectIn(text) ?? objectIn(`${withoutComma(text)}}`);
    if (fields === undefined || fields["format"] !== "nexus-telemetry-export")
      throw new ExportReadError(
        `${this.#file} is not an export of Nexus Telemetry, or it was reformatted. Import an unchanged file of nexus telemetry export (JSON or JSON Lines).`,
      );
    this.#isLines = fields["record"] === "export";
    return { type: "header", line: 1, fields };
  }

  #record(text: string): ExportLine {
    const { record, ...fields } = objectIn(text) ?? {};
    if (record === "counts") return this.#counts(fields["counts"]);
    const kind = typeof record === "string" && Object.hasOwn(kindOfRecord, record) ? kindOfRecord[record] : undefined;
    if (kind === undefined) throw this.#damaged();
    return { type: "row", line: this.#line, kind, fields };
  }

  #part(text: string): ExportLine | undefined {
    if (this.#kind !== undefined) {
      if (text === "]" || text === "],") {
        this.#kind = undefined;
        return undefined;
      }
      const fields = objectIn(withoutComma(text));
      if (fields === undefined) throw this.#damaged();
      return { type: "row", line: this.#line, kind: this.#kind, fields };
    }
    const begun = /^"([a-z]+)":\[$/.exec(text)?.[1];
    const kind = exportKinds.find((known) => known === begun);
    if (kind !== undefined) {
      this.#kind = kind;
      return undefined;
    }
    const counts = objectIn(`{${text}`);
    if (counts === undefined) throw this.#damaged();
    return this.#counts(counts["counts"]);
  }

  #counts(value: unknown): ExportLine {
    if (typeof value !== "object" || value === null) throw this.#damaged();
    this.#ended = true;
    return { type: "counts", line: this.#line, fields: value as Fields };
  }

  #damaged(): ExportReadError {
    return new ExportReadError(
      `${this.#file}, line ${this.#line}: not a line of an export. The file was cut or changed; export or copy it again.`,
    );
  }
}

/** Yields the header, the rows, and the counts. @throws ExportReadError */
export async function* exportLines(file: string): AsyncIterable<ExportLine> {
  const parser = new LineParser(file);
  const stream = createReadStream(file, { encoding: "utf8" });
  const lines = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
  try {
    for await (const text of lines) {
      const parsed = parser.next(text);
      if (parsed !== undefined) yield parsed;
    }
  } catch (error) {
    if (error instanceof ExportReadError) throw error;
    throw new ExportReadError(
      `${file} cannot be read (${errorCode(error) ?? "error"}). Check the path and its permissions.`,
      {
        cause: error,
      },
    );
  } finally {
    lines.close();
    stream.destroy();
  }
  parser.end();
}

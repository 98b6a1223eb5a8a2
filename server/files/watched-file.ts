import { readFileSync, statSync } from "node:fs";

/** Caches the text of a file until its size, modification time or inode changes. */
export class WatchedFile {
  readonly file: string;
  #stamp = "";
  #text: string | null = null;

  constructor(file: string) {
    this.file = file;
  }

  /** Returns `null` if there is no file. @throws the file system's error if it is unreadable. */
  read(): string | null {
    const stat = statSync(this.file, { throwIfNoEntry: false });
    const stamp = stat === undefined ? "none" : `${stat.ino}:${stat.size}:${stat.mtimeMs}`;
    if (stamp !== this.#stamp) {
      this.#text = stat === undefined ? null : readFileSync(this.file, "utf8");
      this.#stamp = stamp;
    }
    return this.#text;
  }
}

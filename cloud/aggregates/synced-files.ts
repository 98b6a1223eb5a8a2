/**
 * PGlite's files on disk: private to their user, and synced when PostgreSQL asks for it. PGlite 0.5 never syncs: its file system has no `fsync`, so that with
 * `fsync = on` a commit is in the page cache only (traced: 200 commits, no call). Here each request reaches the disk.
 */
import { closeSync, existsSync, fdatasyncSync, fsyncSync, openSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { PGlite } from "@electric-sql/pglite";
import { NodeFS } from "@electric-sql/pglite/nodefs";

/** What Emscripten's NODEFS keeps of an open file. `nfd`: Node's file descriptor; folders have none. */
interface OpenFile {
  readonly nfd?: number;
  readonly path: string;
}

interface NodeOperations {
  mknod(parent: unknown, name: string, mode: number, device: unknown): unknown;
  setattr(node: unknown, attributes: { mode?: number }): void;
}

interface Module {
  readonly NODEFS: { readonly stream_ops: { fsync?: (file: OpenFile) => number }; readonly node_ops: NodeOperations };
}

/** Where PGlite mounts the folder. */
const mountPoint = "/pglite/data";

export class SyncedFiles extends NodeFS {
  readonly #folder: string;
  readonly #isNew: boolean;
  /** Files whose names are on the disk. */
  readonly #named = new Set<string>();

  constructor(folder: string) {
    super(folder);
    this.#folder = folder;
    this.#isNew = !existsSync(join(folder, "PG_VERSION"));
  }

  override async init(database: PGlite, options: Parameters<NodeFS["init"]>[1]): ReturnType<NodeFS["init"]> {
    const { emscriptenOpts } = await super.init(database, options);
    const patch = ({ NODEFS }: Module) => {
      NODEFS.stream_ops.fsync = (file) => this.#sync(file);
      closeToOthers(NODEFS.node_ops);
    };
    const preRun = [emscriptenOpts.preRun ?? []].flat();
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...preRun, patch as never] } };
  }

  /** The cluster that was just created: what made it did not sync. */
  syncNew(): void {
    if (!this.#isNew) return;
    const entries = readdirSync(this.#folder, { withFileTypes: true, recursive: true });
    for (const entry of entries) syncPath(join(entry.parentPath, entry.name));
    syncPath(this.#folder);
    syncPath(dirname(this.#folder));
  }

  /** Returns 0 or an error number, as `fd_sync` does; PostgreSQL stops at an error rather than believe that it is on the disk. */
  #sync({ nfd, path }: OpenFile): number {
    const ioError = 29;
    try {
      if (nfd === undefined) syncPath(this.#local(path));
      else fdatasyncSync(nfd);
      // A new segment of the write-ahead log also needs its name.
      if (nfd !== undefined && !this.#named.has(path)) {
        syncPath(dirname(this.#local(path)));
        this.#named.add(path);
      }
      return 0;
    } catch {
      return ioError;
    }
  }

  #local(path: string): string {
    return join(this.#folder, path.replace(mountPoint, ""));
  }
}

/** PostgreSQL's own mask does not reach the disk: it would make some of its files readable by all. */
function closeToOthers(operations: NodeOperations): void {
  const { mknod, setattr } = operations;
  operations.mknod = (parent, name, mode, device) => mknod(parent, name, mode & ~0o077, device);
  operations.setattr = (node, attributes) => {
    const { mode } = attributes;
    setattr(node, mode === undefined ? attributes : { ...attributes, mode: mode & ~0o077 });
  };
}

function syncPath(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

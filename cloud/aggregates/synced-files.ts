/**
 * PGlite's file system: private files, synced when PostgreSQL requests it. PGlite 0.5 itself has no
 * `fsync`, so that even with `fsync = on` commits are only in the page cache (traced: 200 commits,
 * no sync call).
 */
import { closeSync, existsSync, fdatasyncSync, fsyncSync, openSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { PGlite } from "@electric-sql/pglite";
import { NodeFS } from "@electric-sql/pglite/nodefs";

/** An open file in Emscripten's NODEFS. `nfd`: Node's file descriptor; folders have none. */
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

/** The path at which PGlite mounts the folder. */
const mountPoint = "/pglite/data";

export class SyncedFiles extends NodeFS {
  readonly #folder: string;
  readonly #isNew: boolean;
  /** Files whose directory entry is durable. */
  readonly #syncedNames = new Set<string>();

  constructor(folder: string) {
    super(folder);
    this.#folder = folder;
    this.#isNew = !existsSync(join(folder, "PG_VERSION"));
  }

  override async init(database: PGlite, options: Parameters<NodeFS["init"]>[1]): ReturnType<NodeFS["init"]> {
    const { emscriptenOpts } = await super.init(database, options);
    const patch = ({ NODEFS }: Module) => {
      NODEFS.stream_ops.fsync = (file) => this.#sync(file);
      makePrivate(NODEFS.node_ops);
    };
    const preRun = [emscriptenOpts.preRun ?? []].flat();
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...preRun, patch as never] } };
  }

  /** Syncs all files of a newly created cluster, because PGlite creates it without syncing. */
  syncNew(): void {
    if (!this.#isNew) return;
    const entries = readdirSync(this.#folder, { withFileTypes: true, recursive: true });
    for (const entry of entries) syncPath(join(entry.parentPath, entry.name));
    syncPath(this.#folder);
    syncPath(dirname(this.#folder));
  }

  /**
   * Returns 0 or an error number like `fd_sync`. PostgreSQL stops on an error instead of assuming
   * durability.
   */
  #sync({ nfd, path }: OpenFile): number {
    const ioError = 29;
    try {
      if (nfd === undefined) syncPath(this.#localPath(path));
      else fdatasyncSync(nfd);
      // A new segment of the write-ahead log also needs a durable directory entry.
      if (nfd !== undefined && !this.#syncedNames.has(path)) {
        syncPath(dirname(this.#localPath(path)));
        this.#syncedNames.add(path);
      }
      return 0;
    } catch {
      return ioError;
    }
  }

  #localPath(path: string): string {
    return join(this.#folder, path.replace(mountPoint, ""));
  }
}

/** Removes group and other permissions: PostgreSQL's own umask has no effect on the real files. */
function makePrivate(operations: NodeOperations): void {
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

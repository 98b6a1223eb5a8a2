/** What reads the files of one agent: where they are, and which of them are read. */
import { join } from "node:path";
import type { HistoryName } from "../../shared/vocabulary/history-names.ts";
import type { ForeignDatabase } from "./foreign-database.ts";
import type { HistoryFile, Wanted } from "./history-files.ts";
import { MergedHistory } from "./merged.ts";
import type { History } from "./records.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface FileResult {
  readonly bytes: number;
  readonly skippedLines: number;
}

/** What a database holds. */
export interface DatabaseHistory extends History {
  /** Rows that could not be understood. */
  readonly faults: number;
}

/** Reads a database; in a process of its own, where there is one. @throws Error: why it cannot be read. */
export type ReadDatabase = (agent: HistoryName, file: string) => DatabaseHistory;

/** What reads the files, and then returns what they said together. */
export interface OpenReader {
  readonly read: (file: HistoryFile) => FileResult;
  readonly history: () => History;
}

/** Reads the databases of one agent, and nothing else of it. */
export function openDatabases(readDatabase: (file: string) => DatabaseHistory): OpenReader {
  const history = new MergedHistory();
  return {
    read: ({ path, bytes }) => {
      const found = readDatabase(path);
      history.add(found);
      return { bytes, skippedLines: found.faults };
    },
    history: () => history,
  };
}

export interface AgentReader extends Wanted {
  readonly agent: HistoryName;
  readonly roots: (home: string, env: Environment) => readonly string[];
  readonly open: (readDatabase: (file: string) => DatabaseHistory) => OpenReader;
  /** Reads a database of the agent. @throws Error for one that has another form. */
  readonly readDatabase?: (database: ForeignDatabase) => DatabaseHistory;
}

/** The folder that the user chose, or the usual ones. */
export const foldersOf = (chosen: string | undefined, ...usual: readonly string[]): readonly string[] =>
  chosen === undefined || chosen === "" ? usual : [chosen];

/** Where programs keep their data. */
export const dataFolder = (home: string, { XDG_DATA_HOME: chosen }: Environment): string =>
  chosen === undefined || chosen === "" ? join(home, ".local", "share") : chosen;

/** The folders of editors' own settings and data, on any system. */
export function editorFolders(names: readonly string[], home: string, env: Environment): readonly string[] {
  const { XDG_CONFIG_HOME: config, APPDATA: appData } = env;
  const parents = [
    config === undefined || config === "" ? join(home, ".config") : config,
    join(home, "Library", "Application Support"),
    appData === undefined || appData === "" ? join(home, "AppData", "Roaming") : appData,
  ];
  return parents.flatMap((parent) => names.map((name) => join(parent, name, "User")));
}

/** The agents whose history can be read: where it is, and how exact. */
import { type HistoryName, isShell } from "../../shared/vocabulary/history-names.ts";
import type { AgentReader, DatabaseHistory, Environment, ReadDatabase } from "./agent-reader.ts";
import { ForeignDatabase } from "./foreign-database.ts";
import { claudeCodeReader } from "./formats/claude-code.ts";
import { clineReader, rooReader } from "./formats/cline.ts";
import { codexReader } from "./formats/codex.ts";
import { copilotCliReader } from "./formats/copilot-cli.ts";
import { cursorReader } from "./formats/cursor.ts";
import { factoryDroidReader } from "./formats/factory-droid.ts";
import { geminiReader } from "./formats/gemini.ts";
import { gooseReader } from "./formats/goose.ts";
import { kiloReader } from "./formats/kilo.ts";
import { opencodeReader } from "./formats/opencode.ts";
import { piReader } from "./formats/pi.ts";
import { qwenReader } from "./formats/qwen.ts";
import { vscodeChatReader } from "./formats/vscode-chat.ts";
import { zedReader } from "./formats/zed.ts";
import { historyFiles, reasonOf, type Unreadable } from "./history-files.ts";
import type { History } from "./records.ts";
import { atuinReader } from "./shells/atuin.ts";
import { bashReader } from "./shells/bash.ts";
import { fishReader } from "./shells/fish.ts";
import { zshReader } from "./shells/zsh.ts";

/** What was read of an agent's files. */
export interface AgentHistory extends History {
  readonly agent: HistoryName;
  readonly files: number;
  readonly bytes: number;
  /** Lines or rows that are not complete, or too long. */
  readonly skippedLines: number;
  readonly unreadable: readonly Unreadable[];
  readonly isCut: boolean;
}

export interface Progress {
  readonly agent: HistoryName;
  readonly bytes: number;
  readonly totalBytes: number;
}

const readers: readonly AgentReader[] = [
  claudeCodeReader,
  codexReader,
  copilotCliReader,
  vscodeChatReader,
  opencodeReader,
  kiloReader,
  geminiReader,
  qwenReader,
  cursorReader,
  clineReader,
  rooReader,
  gooseReader,
  factoryDroidReader,
  piReader,
  zedReader,
  // It knows more of a command than the shells, whose commands it has too.
  atuinReader,
  zshReader,
  bashReader,
  fishReader,
];

/** All names whose histories can be read. */
export const historyNames: readonly HistoryName[] = readers.map(({ agent }) => agent);

export const historyAgents: readonly HistoryName[] = historyNames.filter((name) => !isShell(name));

/** Reads the history of some agents into memory, and writes nothing. A file that cannot be read is named. */
export function readAgentHistory(
  wanted: readonly HistoryName[],
  home: string,
  env: Environment,
  progress: (progress: Progress) => void = () => undefined,
  readDatabase: ReadDatabase = readForeignDatabase,
): readonly AgentHistory[] {
  return readers
    .filter(({ agent }) => wanted.includes(agent))
    .map((reader) => readWith(reader, home, env, progress, readDatabase));
}

/** Reads a database of an agent in this process. @throws Error: why it cannot be read. */
export function readForeignDatabase(agent: HistoryName, file: string): DatabaseHistory {
  const reader = readers.find((one) => one.agent === agent)?.readDatabase;
  if (reader === undefined) throw new Error(`${agent} has no database`);
  return ForeignDatabase.read(file, reader);
}

function readWith(
  reader: AgentReader,
  home: string,
  env: Environment,
  progress: (progress: Progress) => void,
  readDatabase: ReadDatabase,
): AgentHistory {
  const { agent } = reader;
  const found = historyFiles(reader.roots(home, env), reader);
  const totalBytes = found.files.reduce((sum, { bytes }) => sum + bytes, 0);
  const unreadable = [...found.unreadable];
  const { read, history } = reader.open((file) => readDatabase(agent, file));
  let [files, bytes, skippedLines] = [0, 0, 0];
  for (const file of found.files) {
    try {
      const result = read(file);
      files += 1;
      bytes += result.bytes;
      skippedLines += result.skippedLines;
    } catch (error) {
      unreadable.push({ path: file.path, reason: reasonOf(error) });
    }
    progress({ agent, bytes, totalBytes });
  }
  const { responses, tools } = history();
  return { agent, files, bytes, skippedLines, unreadable, isCut: found.isCut, responses, tools };
}

/** The agents whose history can be read: where it is, and how exact. */
import { basename, join } from "node:path";
import type { Source } from "../../shared/schema/sources.ts";
import { ClaudeCodeHistory } from "./claude-code.ts";
import { CodexHistory, CodexThread } from "./codex.ts";
import { GeminiSession } from "./gemini.ts";
import { type HistoryFile, historyFiles, reasonOf, type Unreadable } from "./history-files.ts";
import { readCompressedLines, readDocument, readLines } from "./lines.ts";
import { MergedHistory } from "./merged.ts";
import { QwenHistory } from "./qwen.ts";
import type { History } from "./records.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** What was read of an agent's files. */
export interface AgentHistory extends History {
  readonly agent: Source;
  readonly files: number;
  readonly bytes: number;
  /** Lines that are not complete JSON, or too long. */
  readonly skippedLines: number;
  readonly unreadable: readonly Unreadable[];
  readonly isCut: boolean;
}

export interface Progress {
  readonly agent: Source;
  readonly bytes: number;
  readonly totalBytes: number;
}

interface AgentReader {
  readonly agent: Source;
  readonly roots: (home: string, env: Environment) => readonly string[];
  readonly isWanted: (path: string) => boolean;
  /** `history`: call it after each file was read. */
  readonly open: () => { readonly read: (file: HistoryFile) => FileResult; readonly history: () => History };
}

interface FileResult {
  readonly bytes: number;
  readonly skippedLines: number;
}

/** The folder that the user chose, or the usual ones. */
const foldersOf = (chosen: string | undefined, ...usual: readonly string[]): readonly string[] =>
  chosen === undefined || chosen === "" ? usual : [chosen];

const readers: readonly AgentReader[] = [
  {
    agent: "claude_code",
    roots: (home, { CLAUDE_CONFIG_DIR: chosen }) =>
      foldersOf(chosen, join(home, ".claude"), join(home, ".config", "claude")).map((one) => join(one, "projects")),
    // Results of tools are texts.
    isWanted: (path) => path.endsWith(".jsonl") && !path.includes("/tool-results/"),
    open: () => {
      const history = new ClaudeCodeHistory();
      const read = ({ path }: HistoryFile): FileResult => {
        const name = basename(path, ".jsonl");
        const isSubagent = name.startsWith("agent-");
        const before = history.faults;
        const { bytes, skipped } = readLines(path, (line, start, end) =>
          history.addLine(line, start, end, name, isSubagent),
        );
        return { bytes, skippedLines: skipped + history.faults - before };
      };
      return { read, history: () => history };
    },
  },
  {
    agent: "codex",
    roots: (home, { CODEX_HOME: chosen }) =>
      foldersOf(chosen, join(home, ".codex")).flatMap((one) => [join(one, "sessions"), join(one, "archived_sessions")]),
    isWanted: (path) => /(?:^|\/)rollout-[^/]*\.jsonl(?:\.zst)?$/.test(path),
    open: () => {
      const history = new CodexHistory();
      const read = ({ path }: HistoryFile): FileResult => {
        const thread = new CodexThread(basename(path).replace(/\.jsonl(?:\.zst)?$/, ""));
        const linesOf = path.endsWith(".zst") ? readCompressedLines : readLines;
        const { bytes, skipped } = linesOf(path, (line, start, end) => thread.addLine(line, start, end));
        history.add(thread);
        return { bytes, skippedLines: skipped + thread.faults };
      };
      return { read, history: () => history.merged() };
    },
  },
  {
    agent: "gemini_cli",
    roots: (home) => [join(home, ".gemini", "tmp")],
    isWanted: (path) => /\/chats\/(?:[^/]*\/)*[^/]*\.jsonl?$/.test(path),
    open: () => {
      const history = new MergedHistory();
      const read = ({ path }: HistoryFile): FileResult => {
        const session = new GeminiSession(basename(path).replace(/\.jsonl?$/, ""));
        const result = path.endsWith(".json")
          ? readDocument(path, (bytes) => session.addDocument(bytes))
          : readLines(path, (line, start, end) => session.addLine(line, start, end));
        history.add(session);
        return { bytes: result.bytes, skippedLines: result.skipped + session.faults };
      };
      return { read, history: () => history };
    },
  },
  {
    agent: "qwen_code",
    roots: (home, { QWEN_HOME: chosen }) => foldersOf(chosen, join(home, ".qwen")).map((one) => join(one, "projects")),
    isWanted: (path) => /\/chats\/[^/]*\.jsonl$/.test(path),
    open: () => {
      const history = new QwenHistory();
      const read = ({ path }: HistoryFile): FileResult => {
        const before = history.faults;
        const file = basename(path, ".jsonl");
        const { bytes, skipped } = readLines(path, (line, start, end) => history.addLine(line, start, end, file));
        return { bytes, skippedLines: skipped + history.faults - before };
      };
      return { read, history: () => history };
    },
  },
];

export const historyAgents: readonly Source[] = readers.map(({ agent }) => agent);

/** Reads the history of some agents into memory, and writes nothing. A file that cannot be read is named. */
export function readAgentHistory(
  wanted: readonly Source[],
  home: string,
  env: Environment,
  progress: (progress: Progress) => void = () => undefined,
): readonly AgentHistory[] {
  return readers.filter(({ agent }) => wanted.includes(agent)).map((reader) => readWith(reader, home, env, progress));
}

function readWith(
  { agent, roots, isWanted, open }: AgentReader,
  home: string,
  env: Environment,
  progress: (progress: Progress) => void,
): AgentHistory {
  const found = historyFiles(roots(home, env), isWanted);
  const totalBytes = found.files.reduce((sum, { bytes }) => sum + bytes, 0);
  const unreadable = [...found.unreadable];
  const { read, history } = open();
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

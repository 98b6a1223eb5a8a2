/**
 * Chats of Copilot in VS Code: a document with all requests, or since 2026 a journal whose lines set a value at a path of that
 * document or append to a list of it.
 */
import { basename } from "node:path";
import { canonicalTool, publicModel } from "../../privacy/public-names.ts";
import { type AgentReader, editorFolders } from "../agent-reader.ts";
import { listIn, numberIn, objectIn, textIn } from "../found.ts";
import { readDocument, readLines } from "../lines.ts";
import { MergedHistory } from "../merged.ts";
import { noTokens } from "../records.ts";
import { type Found, type Shape, scanLine } from "../scanner.ts";

const agent = "vscode_agent";
const editors = ["Code", "Code - Insiders", "VSCodium"];

const metadata: Shape = {
  promptTokens: "number",
  outputTokens: "number",
  resolvedModel: "text",
  toolCallRounds: [{ id: "text", toolCalls: [{ id: "text", name: "text" }] }],
};
const result: Shape = { timings: { totalElapsed: "number" }, metadata };
const request: Shape = { requestId: "text", timestamp: "number", modelId: "text", result };
const document: Shape = { sessionId: "text", requests: [request] };

/** A line of the journal, with the path of what it sets. `v` is read by what the path names. */
const head: Shape = { kind: "number", k: "path", i: "number" };
const whole: Shape = { v: document };
const appended: Shape = { v: [request] };
const replaced: Shape = { v: request };
const setResult: Shape = { v: result };

class ChatSession {
  #session: string;
  #requests: Found[] = [];
  /** Requests that were taken back, which had been billed. */
  readonly #takenBack: Found[] = [];
  /** Whether the places of all requests are known: after a line that could not be read they are not. */
  #isWhole = false;
  faults = 0;

  /** `file`: names the session if the document does not. */
  constructor(file: string) {
    this.#session = file;
  }

  addDocument(bytes: Buffer): void {
    this.#setDocument(scanLine(bytes, 0, bytes.length, document));
  }

  addLine(bytes: Buffer, start: number, end: number): void {
    const found = scanLine(bytes, start, end, head);
    if (found === undefined) {
      this.faults += 1;
      this.#isWhole = false;
      return;
    }
    const read = (shape: Shape) => scanLine(bytes, start, end, shape) ?? {};
    const path = pathIn(found);
    const [list, index, name] = path;
    if (found["kind"] === 0) this.#setDocument(objectIn(read(whole), "v"));
    else if (list !== "requests") return;
    else if (path.length === 1) {
      const requests = listIn(read(appended), "v");
      if (found["kind"] === 2) this.#append(requests, found["i"]);
      else this.#append(requests, 0);
    } else if (this.#isWhole && typeof index === "number" && index >= 0 && index < this.#requests.length)
      this.#setPart(index, path.length, name, read);
  }

  #append(requests: readonly Found[], index: Found[string] | undefined): void {
    // What lay behind the index is replaced.
    if (typeof index === "number" && index >= 0 && index < this.#requests.length)
      this.#takenBack.push(...this.#requests.splice(index));
    this.#requests.push(...requests);
  }

  #setPart(index: number, depth: number, name: unknown, read: (shape: Shape) => Found): void {
    const known = this.#requests[index] ?? {};
    if (depth === 2) this.#requests[index] = objectIn(read(replaced), "v") ?? known;
    else if (depth === 3 && typeof name === "string" && Object.hasOwn(request, name)) {
      const value = name === "result" ? objectIn(read(setResult), "v") : read({ v: request[name] ?? "text" })["v"];
      if (value !== undefined) this.#requests[index] = { ...known, [name]: value };
    }
  }

  #setDocument(found: Found | undefined): void {
    if (found === undefined) {
      this.faults += 1;
      return;
    }
    this.#session = textIn(found, "sessionId") || this.#session;
    this.#append(listIn(found, "requests"), 0);
    this.#isWhole = true;
  }

  addTo(history: MergedHistory): void {
    for (const one of [...this.#takenBack, ...this.#requests]) this.#addRequest(history, one);
  }

  #addRequest(history: MergedHistory, one: Found): void {
    const [id, tsMs] = [textIn(one, "requestId"), numberIn(one, "timestamp")];
    if (id === "" || tsMs === 0) return;
    const ended = objectIn(one, "result") ?? {};
    const facts = objectIn(ended, "metadata") ?? {};
    const of = { agent, session: this.#session, tsMs, isSubagent: false } as const;
    const [input, output] = [numberIn(facts, "promptTokens"), numberIn(facts, "outputTokens")];
    history.addResponse({
      ...of,
      id,
      model: publicModel(textIn(facts, "resolvedModel") || textIn(one, "modelId")),
      tokens: { ...noTokens, input, output },
      // A request with tools makes several, of which the file has the tokens of the last.
      isExact: output > 0 && listIn(facts, "toolCallRounds").length <= 1,
      mayGrow: output === 0,
    });
    for (const round of listIn(facts, "toolCallRounds"))
      for (const call of listIn(round, "toolCalls"))
        history.beginTool(of, textIn(call, "id"), canonicalTool(textIn(call, "name")));
  }
}

function pathIn(found: Found): readonly unknown[] {
  try {
    const path: unknown = JSON.parse(textIn(found, "k") || "[]");
    return Array.isArray(path) ? path : [];
  } catch {
    // Not JSON: no path that is known.
    return [];
  }
}

export const vscodeChatReader: AgentReader = {
  agent,
  roots: (home, env) => editorFolders(editors, home, env),
  isEntered: (path) =>
    /^(?:workspaceStorage(?:\/[^/]+(?:\/chatSessions)?)?|globalStorage(?:\/emptyWindowChatSessions)?)$/.test(path),
  isWanted: (path) =>
    /^(?:workspaceStorage\/[^/]+\/chatSessions|globalStorage\/emptyWindowChatSessions)\/[^/]+\.jsonl?$/.test(path),
  open: () => {
    const history = new MergedHistory();
    return {
      read: ({ path }) => {
        const session = new ChatSession(basename(path).replace(/\.jsonl?$/, ""));
        const read = path.endsWith(".json")
          ? readDocument(path, (bytes) => session.addDocument(bytes))
          : readLines(path, (line, start, end) => session.addLine(line, start, end));
        session.addTo(history);
        return { bytes: read.bytes, skippedLines: read.skipped + session.faults };
      },
      history: () => history,
    };
  },
};

/** The sample that the dashboard shows before the first choice: its workspaces, and messages between the extension and the thread that answers questions about the sample dashboard. */
import type { PageAnswer, PageQuestion } from "./page-question.ts";

export const sampleWorkspaceNames = ["atlas", "backend", "docs", "infra", "tools"] as const;
export type SampleWorkspace = (typeof sampleWorkspaceNames)[number];

/** Returns the hash of a workspace of the sample: 32 hexadecimal digits, like a real one. */
export const sampleWorkspaceHash = (name: string): string =>
  [...name]
    .map((letter) => letter.charCodeAt(0).toString(16))
    .join("")
    .padEnd(32, "0");

/** The names of the sample's workspaces by their hashes. */
export const sampleWorkspaces: Readonly<Record<string, string>> = Object.fromEntries(
  sampleWorkspaceNames.map((name) => [sampleWorkspaceHash(name), name]),
);

export interface SampleRequest {
  readonly id: number;
  readonly question: PageQuestion;
}

export interface SampleReply {
  /** Of the request. */
  readonly id: number;
  /** `null` if it failed. */
  readonly answer: PageAnswer | null;
  readonly failure: string | null;
}

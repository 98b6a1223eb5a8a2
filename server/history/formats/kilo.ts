/** Kilo Code's history: its tasks until version 5, and its sessions since version 7. */
import { basename } from "node:path";
import type { AgentReader } from "../agent-reader.ts";
import { MergedHistory } from "../merged.ts";
import { kiloTasksReader as tasks } from "./cline.ts";
import { kiloSessionsReader as sessions } from "./opencode.ts";

export const kiloReader: AgentReader = {
  ...sessions,
  roots: (home, env) => [...sessions.roots(home, env), ...tasks.roots(home, env)],
  isWanted: (path) => sessions.isWanted(path) || tasks.isWanted(path),
  isEntered: (path) => sessions.isEntered?.(path) === true || tasks.isEntered?.(path) === true,
  open: (readDatabase) => {
    const [ofSessions, ofTasks] = [sessions.open(readDatabase), tasks.open(readDatabase)];
    return {
      read: (file) => (basename(file.path) === "ui_messages.json" ? ofTasks : ofSessions).read(file),
      history: () => {
        const all = new MergedHistory();
        all.add(ofSessions.history());
        all.add(ofTasks.history());
        return all;
      },
    };
  },
};

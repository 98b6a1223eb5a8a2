/** The consent notice: its texts, the only copy for dashboard, terminal and documentation. A changed text may need a new version. */
import type { Category } from "../schema/categories.ts";
import { type AskedCategory, type CategoryGroup, categoryGroups } from "./category-groups.ts";
import { noticeVersion } from "./notice-version.ts";

interface Text {
  readonly title: string;
  readonly text: string;
}

export const notice = {
  title: "What may Nexus Telemetry record?",
  intro:
    "Nexus Telemetry shows what your tools do, what is slow and what fails. It is off until you consent. Recorded data stays in " +
    "a database on this machine, with its time and your UTC offset. Nothing is sent unless you also consent to sharing, which " +
    "is a separate question.",
  /** What happens, and what is stored of it. */
  examples: [
    ["git push origin secret-branch", "git push, 1.8 s, ok"],
    ["npm test -- --grep payroll", "npm test, 41 s, failed"],
    ["Claude Code edits src/payroll.ts", "Claude Code: edit, 0.4 s, ok"],
  ],
  effect:
    "The dashboard shows only what you select; without Tool usage it stays empty. Nothing else depends on your answer.",
  groups: {
    dashboard: {
      title: "Needed for a useful dashboard",
      text: "Tool usage, command names, durations, success or failure",
    },
    context: { title: "More context", text: "Sessions, workspaces and tasks, editor activity" },
    product: { title: "About Nexus itself", text: "Features you use, installation, versions" },
  } satisfies Readonly<Record<CategoryGroup["id"], Text>>,
  categories: {
    tool_usage: {
      title: "Tool usage",
      text:
        "Which tools were used: terminal commands and AI agents' tool calls. Includes the tool's public name, the agent, the " +
        "language model, its token counts and cost, start and end time, a random session ID, and when an agent compacted its " +
        "context or delegated. Names of custom tools are stored as salted hashes. Without this category, terminal commands are " +
        "not recorded.",
    },
    command_usage: {
      title: "Command names",
      text:
        "The public name of a program and its subcommand, such as git commit. Names that are not on a public list are recorded " +
        'as "other". For Nexus commands, also whether they finished, failed or were cancelled.',
    },
    performance: {
      title: "Performance",
      text: "Durations, and quality scores that a tool computed for its result.",
    },
    error_types: {
      title: "Error types",
      text: "Success or failure, exit status and type of error. Never the error message.",
    },
    session_metadata: {
      title: "Sessions",
      text: "When a session started and ended, and how many events were lost.",
    },
    workspaces_tasks: {
      title: "Workspaces and tasks",
      text:
        "The workspace and task that an event belongs to, as salted hashes that are meaningless outside this machine; the type " +
        "of a created workspace and its number of services and ports.",
    },
    editor_activity: {
      title: "Editor activity",
      text:
        "Tasks and debug sessions by public type; focus time and number of saves per programming language. Never file names or " +
        "typed text.",
    },
    features: { title: "Features", text: "Which features of this product you discovered and used." },
    lifecycle: { title: "Installation", text: "When and how this product was installed, updated or removed." },
    platform: {
      title: "Platform",
      text: "The product's version, the operating system, the processor architecture, and the versions of the runtime and the editor.",
    },
  } satisfies Readonly<Record<AskedCategory, Text>>,
  earlier: {
    title: "Events from before your consent",
    text: "Also import what Nexus-aware tools logged on this machine before now. It stays here and is never shared.",
  },
  sharing: {
    title: "What may be shared?",
    intro:
      "You can share recorded data with one server, which is named here. It is sent under a random ID that is used only for this " +
      "purpose: the data is pseudonymous, and the ID ends with your consent. Only events recorded after you consent are shared, " +
      "and the start of a session only as its hour. Hashes of your own names and your UTC offset are never shared.",
    proof:
      "You can preview the exact bytes before they are sent. A ledger on this machine stores every request with the server's " +
      "receipt. You can stop at any time and have the server erase your data. The legal basis is your consent (GDPR, Article " +
      "6(1)(a)).",
    recipient:
      "The only recipient is the operator of that server, who answers your questions about the shared data. A nexus-cloud server " +
      "keeps events for 90 days, hourly totals for 1 year and daily totals for 3 years; monthly totals without an ID are kept. " +
      "Another server may keep data for longer.",
  },
  never: [
    "arguments of commands, or what they print",
    "names or contents of files and folders",
    "prompts, answers, or any text that you or an agent wrote",
    "passwords, keys or tokens",
    "your name, your e-mail address, your IP address, your machine's name or serial numbers",
    "your location, other than your UTC offset",
  ],
  retention:
    "On this machine, events are deleted after 90 days or beyond 100 MB, unless you change retention_days or max_db_size_mb. " +
    "Totals stay until you delete them, or for rollup_retention_days if you set it.",
  rights: [
    ["See what is stored", "nexus telemetry show"],
    ["Export everything", "nexus telemetry export"],
    ["Delete everything or a part", "nexus telemetry delete"],
    ["Withdraw your consent", "nexus telemetry disable"],
    ["Have the server erase what you shared", "nexus telemetry erase-remote"],
    ["See what you agreed to, and when", "nexus consent history"],
  ],
  contact: "Shared data: the operator of the server. This product: the issues page of its repository.",
} as const;

const unused = "Not used in this version.";

/** Every category's title and text, including those that nobody is asked for: an earlier record may name them. */
export const categoryTexts: Readonly<Record<Category, Text>> = {
  ...notice.categories,
  upgrade: { title: "Upgrades", text: unused },
  experiments: { title: "Experiments", text: unused },
  aggregates: { title: "Anonymised totals", text: unused },
};

/** The exact text whose hash a consent record names: one line per sentence shown, in the order shown. */
export function noticeText(): string {
  const { title, intro, examples, effect, groups, categories, earlier, sharing, never, retention, rights, contact } =
    notice;
  return [
    `version ${noticeVersion}`,
    title,
    intro,
    ...examples.map(([action, stored]) => `${action} → ${stored}`),
    effect,
    ...categoryGroups.flatMap(({ id, categories: names }) => [
      `${groups[id].title}: ${groups[id].text}`,
      ...names.map((name) => `- ${categories[name].title}. ${categories[name].text}`),
    ]),
    `${earlier.title}: ${earlier.text}`,
    "Never recorded:",
    ...never.map((line) => `- ${line}`),
    retention,
    "Your rights:",
    ...rights.map(([right, command]) => `- ${right}: ${command}`),
    sharing.title,
    sharing.intro,
    sharing.proof,
    sharing.recipient,
    `Contact: ${contact}`,
  ].join("\n");
}

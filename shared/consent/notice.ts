/**
 * The consent notice: its texts and its version, the only copy for dashboard, terminal and documentation. A changed word, or a new
 * field in a category, needs a new version, and sharing pauses until the user consents again.
 */
import type { Category } from "../schema/categories.ts";

export const noticeVersion = "4";

export const notice = {
  title: "What may Nexus Telemetry record?",
  intro:
    "Nexus Telemetry shows you what your tools do all day, what is slow and what fails. It is off until you say yes. " +
    "What it records stays in a database on this machine, with its time and your clock's offset from UTC, so that your days " +
    "are your days. Nothing is sent anywhere, unless you also agree to share, which is asked separately.",
  categories: {
    tool_usage: {
      title: "Tool usage",
      text:
        "That a tool was used, such as a command in the terminal or a tool of an AI agent: its public name, the agent, " +
        "the language model, its tokens and what they cost, when it began and when it ended, in which session (a random number). " +
        "Of an agent also when it ran out of context and when it delegated. The name of a tool of your own, and of an " +
        "extension that records, becomes a salted hash. Without this, commands in the terminal are not recorded.",
    },
    command_usage: {
      title: "Command names",
      text: "The public name of a program and its subcommand, such as git commit. A name that is not on a public list is recorded as other. Of Nexus's own commands also whether they finished, failed or were cancelled.",
    },
    performance: {
      title: "Performance",
      text: "How long something took, and scores that a tool computed of its result.",
    },
    error_types: {
      title: "Error types",
      text: "Whether something succeeded, the class of its exit code, and the kind of an error. Never its message.",
    },
    session_metadata: {
      title: "Sessions",
      text: "When a session began and ended, and how many events were lost because the recorder could not keep up.",
    },
    workspaces_tasks: {
      title: "Workspaces and tasks",
      text:
        "Which workspace and which task something belongs to, as a salted hash of its name that means nothing outside " +
        "this machine; what kind of workspace was made, and how many services and ports it has.",
    },
    editor_activity: {
      title: "Editor activity",
      text:
        "Tasks and debug sessions of the editor by their public type, and how long you worked and how often you saved " +
        "in which programming language. Never which file, and nothing you typed.",
    },
    features: { title: "Features", text: "Which features of this product you came upon and used." },
    lifecycle: { title: "Installation", text: "When and how this product was installed, updated or removed." },
    platform: {
      title: "Platform",
      text: "This product's version, the system (such as linux), the kind of processor, the version of the runtime and the editor.",
    },
    upgrade: { title: "Upgrades", text: "Whether an offer of an upgrade or a trial was shown and followed." },
    experiments: { title: "Experiments", text: "Which of two ways of doing one thing this product showed you." },
    aggregates: {
      title: "Totals to contribute",
      text: "Kept free for totals with noise that you may contribute one day. This version makes none and sends none.",
    },
  } satisfies Readonly<Record<Category, { readonly title: string; readonly text: string }>>,
  sharing: {
    title: "What may be shared?",
    intro:
      "You can share some of what is recorded with one server, whose address you are shown. It is sent under a random id that is " +
      "made for this alone: the data is pseudonymous, and the id ends with your consent. Only what is recorded after you " +
      "agree is shared, and of the beginning of a session only the hour. Hashes of your own names and your clock's offset are never shared.",
    proof:
      "You can see the exact bytes before they are sent, and a ledger on this machine keeps each request with the server's receipt. " +
      "You can stop at any time, and ask the server to erase what it has. The legal basis is your consent (GDPR, Article 6(1)(a)).",
  },
  never: [
    "arguments of commands, or what they print",
    "names or contents of files and folders",
    "prompts, answers, or any text that you or an agent wrote",
    "passwords, keys or tokens",
    "your name, your e-mail address, your IP address, your machine's name or serial numbers",
    "where you are, beyond your clock's offset from UTC",
  ],
  rights:
    "You can look at, export or delete everything at any time, and withdraw your consent as easily as you gave it. " +
    "Nothing in the product depends on your answer.",
} as const;

/** The exact text whose hash a consent record names: one line per sentence shown, in the order shown. */
export function noticeText(): string {
  const { title, intro, categories, sharing, never, rights } = notice;
  return [
    `version ${noticeVersion}`,
    title,
    intro,
    ...Object.entries(categories).map(([name, category]) => `${name}: ${category.title}. ${category.text}`),
    sharing.title,
    sharing.intro,
    sharing.proof,
    "Never recorded:",
    ...never,
    rights,
  ].join("\n");
}

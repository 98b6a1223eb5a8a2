/**
 * All-time totals in Prometheus's text format (https://prometheus.io/docs/instrumenting/exposition_formats/), for the textfile
 * collector of node_exporter: a file, so that nothing listens and nothing is pushed.
 */
import type { Answer, Group, Grouping, Measures } from "../../../shared/protocol/query.ts";

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge";
  readonly samples: readonly Sample[];
}

/** `ask`: answers for the whole time, by a grouping. */
export function prometheusText(ask: (by: Grouping) => Answer): string {
  const commands = ask("command").groups.filter(({ key, measures }) => key !== "" && measures.runs.count > 0);
  const agents = ask("agent").groups.filter(({ key }) => key !== "");
  const { groups: models, asOfMs } = ask("model");
  const metrics: readonly Metric[] = [
    {
      name: "nexus_command_runs_total",
      help: "Command runs by command and outcome.",
      type: "counter",
      samples: outcomes(commands, "command", ({ runs }) => runs),
    },
    {
      name: "nexus_command_seconds_total",
      help: "Time in command runs, in seconds.",
      type: "counter",
      samples: of(commands, "command", ({ runs }) => runs.totalMs / 1_000),
    },
    {
      name: "nexus_command_waiting_seconds_total",
      help: "Time that the user waited for command runs, in seconds: without servers and interactive programs.",
      type: "counter",
      samples: of(commands, "command", ({ waitingMs }) => waitingMs / 1_000),
    },
    {
      name: "nexus_agent_calls_total",
      help: "Tool calls of agents by agent and outcome.",
      type: "counter",
      samples: outcomes(agents, "agent", ({ calls }) => calls),
    },
    {
      name: "nexus_agent_turns_total",
      help: "Turns of agents.",
      type: "counter",
      samples: of(agents, "agent", ({ turns }) => turns),
    },
    {
      name: "nexus_model_requests_total",
      help: "Requests to language models.",
      type: "counter",
      samples: of(models, "model", ({ requests }) => requests),
    },
    {
      name: "nexus_model_tokens_total",
      help: "Tokens by model and kind; input contains what was read from and written to a cache.",
      type: "counter",
      samples: models.flatMap(({ key, measures: { tokens } }) =>
        Object.entries(tokens).map(([kind, value]) => ({ labels: { model: key, kind: snakeCase(kind) }, value })),
      ),
    },
    {
      name: "nexus_model_list_price_dollars_total",
      help: "Cost at list prices, in US dollars; models without a price are left out.",
      type: "counter",
      samples: models.flatMap(({ key, measures: { cost } }) =>
        cost.listUsd === null ? [] : [{ labels: { model: key }, value: cost.listUsd }],
      ),
    },
    {
      name: "nexus_export_timestamp_seconds",
      help: "When this file was written, in seconds since 1970.",
      type: "gauge",
      samples: [{ labels: {}, value: asOfMs / 1_000 }],
    },
  ];
  return metrics.map(textOf).join("");
}

const of = (groups: readonly Group[], label: string, value: (measures: Measures) => number): readonly Sample[] =>
  groups.map(({ key, measures }) => ({ labels: { [label]: key }, value: value(measures) }));

function outcomes(
  groups: readonly Group[],
  label: string,
  ended: (measures: Measures) => Measures["runs"],
): readonly Sample[] {
  return groups.flatMap(({ key, measures }) => {
    const { count, ok, failed, cancelled } = ended(measures);
    const values = { ok, failed, cancelled, unknown: count - ok - failed - cancelled };
    return Object.entries(values).map(([outcome, value]) => ({ labels: { [label]: key, outcome }, value }));
  });
}

const snakeCase = (name: string): string => name.replace(/[A-Z]|\d+/g, (part) => `_${part.toLowerCase()}`);

/** A metric that is zero everywhere is left out. */
function textOf({ name, help, type, samples }: Metric): string {
  const lines = samples
    .filter(({ value }) => value > 0)
    .map(({ labels, value }) => {
      const list = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
      return `${name}${list.length === 0 ? "" : `{${list.join(",")}}`} ${value}\n`;
    });
  return lines.length === 0 ? "" : `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

const escaped = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');

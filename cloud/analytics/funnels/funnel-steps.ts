/** What a step of a funnel can be besides one event type, and the funnels of the analytics design (7.2). */
import { isCommand, outcome } from "../../warehouse/outcomes.ts";

/** Name → condition over the raw events. */
export const stepConditions = {
  any_event: "1",
  command: isCommand,
  command_success: `(${isCommand} AND ${outcome} = 'ok')`,
  /** The default profile is `balanced`. */
  other_profile: `(${isCommand} AND profile NOT IN ('', 'balanced'))`,
} as const;

export type StepName = keyof typeof stepConditions;

export const stepNames = Object.keys(stepConditions) as readonly StepName[];

export const builtInFunnels = {
  install: {
    title: "Installation to first run",
    question: {
      steps: [
        { event: "install_completed" },
        { event: "session_started" },
        { event: "command" },
        { event: "command_success" },
      ],
      window_hours: 24 * 7,
    },
  },
  activation: {
    title: "First run to activation",
    question: {
      first_time: true,
      steps: [
        { event: "command_success" },
        { event: "session_started" },
        { event: "other_profile" },
        { event: "any_event", after_days: 7 },
      ],
      window_hours: 24 * 14,
    },
  },
  upgrade: {
    title: "Free to paid",
    question: {
      steps: [
        { event: "upgrade_prompt_shown" },
        { event: "upgrade_link_clicked" },
        { event: "pricing_page_viewed" },
        { event: "trial_started" },
        { event: "upgrade_completed" },
      ],
      window_hours: 24 * 30,
    },
  },
} as const;

export type BuiltInFunnel = keyof typeof builtInFunnels;

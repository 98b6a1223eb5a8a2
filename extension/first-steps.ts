/**
 * What the user has done, as context keys of VS Code, which complete the steps of the walkthrough. VS Code remembers a completed
 * step. It overlooks a key that was set before it loaded its walkthroughs, so that each step has a second one.
 */
import { commands } from "vscode";

export type FirstStep = "chosen" | "imported" | "connected" | "recorded" | "looked";

export class FirstSteps {
  readonly #done = new Set<FirstStep>();

  done(step: FirstStep): void {
    if (this.#done.has(step)) return;
    this.#done.add(step);
    void commands.executeCommand("setContext", `nexus.telemetry.${step}`, true);
  }

  /** Opens the walkthrough, with the steps completed that were done before. */
  async open(): Promise<void> {
    await commands.executeCommand("workbench.action.openWalkthrough", "nexus.nexus-telemetry#first");
    for (const step of this.#done) await commands.executeCommand("setContext", `nexus.telemetry.${step}.before`, true);
  }
}

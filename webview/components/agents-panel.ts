/** Agents: which are here, which tell of their tools, and the exact change that connecting one makes. */
import { html, nothing, type TemplateResult } from "lit";
import type { AgentChange, AgentStatus } from "../../shared/protocol/agents.ts";
import type { Actions, ViewState } from "../state.ts";

function stateText({ found, connected, forbidden, lastMs }: AgentStatus): string {
  const last =
    lastMs === null ? "it has told of nothing yet" : `it last told of something ${new Date(lastMs).toLocaleString()}`;
  if (connected) return forbidden ?? `Connected; ${last}`;
  return found ? "Not connected" : "Not found on this machine";
}

function agentView(agent: AgentStatus, { state }: ViewState, { post: tell }: Actions): TemplateResult {
  const { name, title, file, found, connected } = agent;
  const busy = state?.busy ?? true;
  const replace = html`<button class="second" ?disabled=${busy} @click=${() => tell({ do: "planAgent", name })}>Replace the former entry…</button>`;
  const button = connected
    ? html`<button class="second" ?disabled=${busy} @click=${() => tell({ do: "disconnectAgent", name })}>Disconnect ${title}</button>`
    : html`<button class="second" ?disabled=${busy} @click=${() => tell({ do: "planAgent", name })}>Connect ${title}…</button>`;
  return html`<tr>
    <th scope="row">${title} <span class="where path">${file}</span></th>
    <td class="wide">${stateText(agent)}</td>
    <td>${found || connected ? button : nothing} ${agent.outdated ? replace : nothing}</td>
  </tr>`;
}

function changeView(
  { name, title, file, made, lines, removed }: AgentChange,
  { state }: ViewState,
  { post: tell, setState: change }: Actions,
): TemplateResult {
  const keep = () => change({ agentChange: null });
  return html`<div class="notice" role="group" aria-label="Connect ${title}">
    <div>
      <p><span class="path">${file}</span> ${made ? "is made, with" : "gets these lines; all others stay as they are, but for a comma"}:</p>
      <pre class="bytes" tabindex="0" aria-label="The exact change">${lines.join("\n")}</pre>
      ${
        removed.length === 0
          ? nothing
          : html`<p>These lines of an earlier version go:</p>
      <pre class="bytes" tabindex="0" aria-label="Lines that go">${removed.join("\n")}</pre>`
      }
      <p>The hook keeps the tool's public name, how long it took and how it ended, and nothing of what it was given or said.</p>
      <div class="row">
        <button ?disabled=${state?.busy ?? true} @click=${() => tell({ do: "connectAgent", name })}>Connect</button>
        <button class="second" @click=${keep}>Leave it as it is</button>
      </div>
    </div>
  </div>`;
}

export function agentsPanel(model: ViewState, deeds: Actions): TemplateResult {
  const { state, agentChange } = model;
  const agents = state?.agents ?? null;
  if (agents === null) return html``;
  return html`<section class="panel">
    <h2>Agents</h2>
    <p class="quiet">An agent that is connected tells of its tools by its own hooks, also while no window is open.${state?.permission.mode === "off" ? " It writes nothing without your consent; this editor's own switch does not reach it." : ""}</p>
    ${agentChange === null ? nothing : changeView(agentChange, model, deeds)}
    <div class="scroll"><table>
      <thead><tr><th scope="col">Agent</th><th scope="col">State</th><td></td></tr></thead>
      <tbody>${agents.map((agent) => agentView(agent, model, deeds))}</tbody>
    </table></div>
  </section>`;
}

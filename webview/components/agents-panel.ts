/** Agents: which are here, which tell of their tools, and the exact change that connecting one makes. */
import { html, nothing, type TemplateResult } from "lit";
import type { AgentChange, AgentStatus } from "../../shared/protocol/agents.ts";
import type { Actions, ViewState } from "../state.ts";

function stateText({ installed, connected, blockedBy, lastEventMs }: AgentStatus): string {
  const last =
    lastEventMs === null
      ? "it has told of nothing yet"
      : `it last told of something ${new Date(lastEventMs).toLocaleString()}`;
  if (connected) return blockedBy ?? `Connected; ${last}`;
  return installed ? "Not connected" : "Not found on this machine";
}

function agentView(agent: AgentStatus, { state }: ViewState, { post }: Actions): TemplateResult {
  const { name, title, file, installed, connected } = agent;
  const busy = state?.busy ?? true;
  const replace = html`<button class="second" ?disabled=${busy} @click=${() => post({ type: "planAgent", name })}>Replace the former entry…</button>`;
  const button = connected
    ? html`<button class="second" ?disabled=${busy} @click=${() => post({ type: "disconnectAgent", name })}>Disconnect ${title}</button>`
    : html`<button class="second" ?disabled=${busy} @click=${() => post({ type: "planAgent", name })}>Connect ${title}…</button>`;
  return html`<tr>
    <th scope="row">${title} <span class="where path">${file}</span></th>
    <td class="wide">${stateText(agent)}</td>
    <td>${installed || connected ? button : nothing} ${agent.outdated ? replace : nothing}</td>
  </tr>`;
}

function changeView(
  { name, title, file, isNew, lines, removed }: AgentChange,
  { state }: ViewState,
  { post, setState }: Actions,
): TemplateResult {
  const keep = () => setState({ agentChange: null });
  return html`<div class="notice" role="group" aria-label="Connect ${title}">
    <div>
      <p><span class="path">${file}</span> ${isNew ? "is made, with" : "gets these lines; all others stay as they are, but for a comma"}:</p>
      <pre class="bytes" tabindex="0" aria-label="The exact change">${lines.join("\n")}</pre>
      ${
        removed.length === 0
          ? nothing
          : html`<p>These lines of an earlier version go:</p>
      <pre class="bytes" tabindex="0" aria-label="Lines that go">${removed.join("\n")}</pre>`
      }
      <p>The hook keeps the tool's public name, how long it took and how it ended, and nothing of what it was given or said.</p>
      <div class="row">
        <button ?disabled=${state?.busy ?? true} @click=${() => post({ type: "connectAgent", name })}>Connect</button>
        <button class="second" @click=${keep}>Leave it as it is</button>
      </div>
    </div>
  </div>`;
}

export function agentsPanel(model: ViewState, actions: Actions): TemplateResult {
  const { state, agentChange } = model;
  const agents = state?.agents ?? null;
  if (agents === null) return html``;
  return html`<section class="panel">
    <h2>Agents</h2>
    <p class="quiet">An agent that is connected tells of its tools by its own hooks, also while no window is open.${state?.permission.mode === "off" ? " It writes nothing without your consent; this editor's own switch does not reach it." : ""}</p>
    ${agentChange === null ? nothing : changeView(agentChange, model, actions)}
    <div class="scroll"><table>
      <thead><tr><th scope="col">Agent</th><th scope="col">State</th><td></td></tr></thead>
      <tbody>${agents.map((agent) => agentView(agent, model, actions))}</tbody>
    </table></div>
  </section>`;
}

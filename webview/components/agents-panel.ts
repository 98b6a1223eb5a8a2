/** Panel of AI agents: status, last event, and the exact settings change before connecting. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { AgentChange, AgentStatus } from "../../shared/protocol/agents.ts";
import { countText } from "../../shared/text/format.ts";
import type { Actions, ViewState } from "../state.ts";

function stateText({ installed, connected, blockedBy, approval, lastEventMs }: AgentStatus): string {
  const last = lastEventMs === null ? "no events yet" : `last event: ${new Date(lastEventMs).toLocaleString()}`;
  if (connected) return blockedBy ?? approval ?? `Connected; ${last}`;
  return installed ? "Not connected" : "Not installed";
}

function agentView(agent: AgentStatus, { state }: ViewState, { post }: Actions): TemplateResult {
  const { name, title, file, installed, connected } = agent;
  const busy = state?.busy ?? true;
  const replace = html`<button class="second" ?disabled=${busy} @click=${() => post({ type: "planAgent", name })}>Update the hook…</button>`;
  const button = connected
    ? html`<button class="second" ?disabled=${busy} @click=${() => post({ type: "disconnectAgent", name })}>Disconnect ${title}</button>
        <button class="second" ?disabled=${busy} @click=${() => post({ type: "testAgent", name })}>Test ${title}</button>`
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
  const path = html`<span class="path">${file}</span>`;
  const cancel = () => setState({ agentChange: null });
  return html`<div class="notice" role="group" aria-label="Connect ${title}">
    <div>
      <p>${isNew ? html`${path} will be created with:` : html`These lines will be added to ${path}. Nothing else changes except a trailing comma:`}</p>
      <pre class="bytes" tabindex="0" aria-label="Lines to add">${lines.join("\n")}</pre>
      ${
        removed.length === 0
          ? nothing
          : html`<p>These lines of an earlier version will be removed:</p>
      <pre class="bytes" tabindex="0" aria-label="Lines to remove">${removed.join("\n")}</pre>`
      }
      <p>The hook stores the tool's public name, duration and outcome. Inputs and outputs are discarded.</p>
      <div class="row">
        <button ?disabled=${state?.busy ?? true} @click=${() => post({ type: "connectAgent", name })}>Connect</button>
        <button class="second" @click=${cancel}>Cancel</button>
      </div>
    </div>
  </div>`;
}

/** Connected agents first. */
const sorted = (agents: readonly AgentStatus[]): readonly AgentStatus[] =>
  [...agents].sort((a, b) => Number(b.connected) - Number(a.connected));

const agentsTable = (agents: readonly AgentStatus[], model: ViewState, actions: Actions): TemplateResult =>
  html`<div class="scroll"><table>
    <thead><tr><th scope="col">Agent</th><th scope="col">Status</th><td></td></tr></thead>
    <tbody>${sorted(agents).map((agent) => agentView(agent, model, actions))}</tbody>
  </table></div>`;

export function agentsPanel(model: ViewState, actions: Actions): TemplateResult {
  const { state, agentChange } = model;
  const agents = state?.agents ?? null;
  if (agents === null) return html``;
  const present = agents.filter(({ installed, connected }) => installed || connected);
  const absent = agents.filter((agent) => !present.includes(agent));
  return html`<section class="panel">
    <h2>Connections</h2>
    <p class="quiet">Connected agents report tool calls through their own hooks, even when VS Code is closed.${state?.permission.mode === "off" ? html` Without your consent they record nothing. The setting <code>nexus.telemetry.enabled</code> does not affect them.` : nothing}</p>
    ${agentChange === null ? nothing : changeView(agentChange, model, actions)}
    ${present.length === 0 ? html`<p>No supported agent was found on this machine.</p>` : agentsTable(present, model, actions)}
    <details class="absent">
      <summary>${countText(absent.length, "supported agent")} not installed</summary>
      <p class="quiet">${absent.map(({ title }) => title).join(", ")}.</p>
    </details>
    <p class="quiet">Agents and shells keep their own history on disk, often for months.</p>
    <div class="row"><button class="second" ?disabled=${state?.permission.mode === "off" || (state?.busy ?? true)} @click=${() => actions.post({ type: "importHistory" })}>Import history…</button></div>
    <p class="quiet">Some agents report tokens and cost only by OpenTelemetry, which you set up in a terminal: <code>nexus agents connect --otel</code></p>
  </section>`;
}

/**
 * Entry point of the worker: one process per window that speaks JSON-RPC over Node IPC, like a
 * language server. Validates every message, calls the telemetry service, and exits with the editor.
 */
import { createConnection, type InitializeParams, ProposedFeatures, ResponseError } from "vscode-languageserver/node";
import {
  type AgentChange,
  type AgentName,
  AgentsRequest,
  ConnectAgentRequest,
  DisconnectAgentRequest,
  PlanAgentRequest,
  TestAgentRequest,
} from "../shared/protocol/agents.ts";
import { type PageQuestion, pageRequests, questionKinds } from "../shared/protocol/page-question.ts";
import { WorkspacesRequest } from "../shared/protocol/questions.ts";
import {
  EditorChangedNotification,
  RecordEventsRequest,
  TodayRequest,
  validateEditorState,
} from "../shared/protocol/record.ts";
import { MetricsRequest, StatsRequest } from "../shared/protocol/reports.ts";
import type { Request } from "../shared/protocol/rpc.ts";
import { isValidationError, type Validator } from "../shared/protocol/validate.ts";
import {
  CheckServerRequest,
  DataChangedNotification,
  ErasePartRequest,
  ErasePlanRequest,
  EraseRemotelyRequest,
  ExportProgressNotification,
  ExportRequest,
  GiveConsentRequest,
  LedgerRequest,
  LedgerRequestDetails,
  PreviewRequest,
  ProblemChangedNotification,
  PurgeRequest,
  ResetIdentityRequest,
  SharingChangedNotification,
  StatusRequest,
  SyncRequest,
  VerifyLedgerRequest,
} from "../shared/protocol/worker.ts";
import { Connections } from "./agents/connections.ts";
import { hookFault } from "./agents/hook-test.ts";
import { SettingsError } from "./agents/settings.ts";
import { pageAnswer } from "./analytics/page-answers.ts";
import { systemClock } from "./clock.ts";
import { StaleNoticeError } from "./config/consent-log.ts";
import { homeFolder } from "./config/home.ts";
import { pathsFrom } from "./config/paths.ts";
import { TelemetryCore } from "./worker/core.ts";
import { TelemetryService } from "./worker/service.ts";

// JSON-RPC error codes; requestFailed is the Language Server Protocol's.
const invalidParams = -32602;
const requestFailed = -32803;

/** Creates a new instance per request, so that agents' settings are always read from disk. */
const connections = () => new Connections(pathsFrom(process.env), homeFolder(), process.env);

function planOf(name: AgentName): AgentChange | null {
  const change = connections().planConnect(name);
  if (change === undefined) return null;
  const { agent, before, lines, removed } = change;
  return { name, title: agent.title, file: agent.file, isNew: before === null, lines, removed };
}

/** Number of ledger entries in the VS Code dashboard. */
const ledgerShown = 50;

// All files that the worker creates are private to the user.
process.umask(0o077);

const connection = createConnection(ProposedFeatures.all);
let worker: TelemetryService | undefined;

function started(): TelemetryService {
  if (worker === undefined) throw new ResponseError(requestFailed, "The worker has not been initialized.");
  return worker;
}

/** Registers a request handler. Returns only our own error messages: others may quote user data. */
function handle<P, R>({ method, params: check }: Request<P, R>, handler: (params: P) => R | Promise<R>): void {
  connection.onRequest(method, async (params: unknown): Promise<unknown> => {
    try {
      return await handler(checked(check, params, method));
    } catch (error) {
      if (error instanceof ResponseError) throw error;
      if (error instanceof StaleNoticeError || error instanceof SettingsError)
        throw new ResponseError(requestFailed, error.message);
      throw new ResponseError(requestFailed, worker?.explain(error) ?? "The request failed.");
    }
  });
}

function checked<T>(check: Validator<T>, value: unknown, method: string): T {
  try {
    return check(value, method);
  } catch (error) {
    throw new ResponseError(invalidParams, isValidationError(error) ? error.message : "Malformed message.");
  }
}

connection.onInitialize((params: InitializeParams) => {
  const editor = checked(validateEditorState, params.initializationOptions, "initializationOptions");
  worker = new TelemetryService(
    new TelemetryCore(pathsFrom(process.env), process.env, editor, systemClock, {
      dataChanged: () => void connection.sendNotification(DataChangedNotification.method, {}),
      exportProgress: (progress) => void connection.sendNotification(ExportProgressNotification.method, progress),
      sharingChanged: (sharing) => void connection.sendNotification(SharingChangedNotification.method, sharing),
      problemChanged: (problem) => void connection.sendNotification(ProblemChangedNotification.method, { problem }),
    }),
  );
  return { capabilities: { experimental: { flush: worker.flushRule() } } };
});

connection.onInitialized(() => {
  worker?.bindOldDecision();
  try {
    connections().refresh(worker?.isDecidedHere() === true);
  } catch {
    // Agents' own commands report it.
  }
  worker?.startReceiver((agent) => connections().isConnected(agent));
});

connection.onNotification(EditorChangedNotification.method, (params: unknown) => {
  worker?.editorChanged(checked(EditorChangedNotification.params, params, EditorChangedNotification.method));
});

handle(RecordEventsRequest, (params) => started().record(params));
handle(GiveConsentRequest, (decision) => started().giveConsent(decision));
handle(StatusRequest, () => started().reader.status());
handle(MetricsRequest, (selection) => started().reader.metrics(selection));
for (const kind of questionKinds) {
  // The request of a kind has the question and the result of that kind.
  const request = pageRequests[kind] as Request<unknown, unknown>;
  handle(request, (params) => pageAnswer(started().reader, { kind, params } as PageQuestion).result);
}
handle(TodayRequest, ({ month }) => started().reader.today(month));
handle(StatsRequest, (selection) => started().reader.stats(selection));
handle(WorkspacesRequest, ({ name }) => {
  const finder = started().reader.workspaces();
  const here = name === null ? undefined : finder.named(name)[0];
  return { known: [...finder.known], here: here ?? null };
});
// The user confirmed in VS Code that an existing file is replaced.
handle(ExportRequest, async ({ path, ...options }) => {
  const { sizeBytes, counts } = await started().reader.export(path, options, true);
  return { sizeBytes, counts: [...counts] };
});
handle(LedgerRequest, () => started().reader.ledgerRequests(ledgerShown));
handle(LedgerRequestDetails, ({ seq, answerSeq }) => started().reader.ledgerDetails(seq, answerSeq));
handle(ResetIdentityRequest, () => {
  started().resetIdentity();
  return {};
});
const listAgents = () => connections().list(started().reader.agentsSeen());
handle(AgentsRequest, listAgents);
handle(TestAgentRequest, ({ name }) => {
  const [command] = connections().configured(name);
  const fault =
    command === undefined ? "The agent is not connected." : hookFault(command, pathsFrom(process.env).agentHookLog);
  return { fault };
});
handle(PlanAgentRequest, ({ name }) => planOf(name));
handle(ConnectAgentRequest, ({ name }) => {
  const change = connections().planConnect(name);
  if (change !== undefined) connections().connect(change);
  return listAgents();
});
handle(DisconnectAgentRequest, ({ name }) => {
  connections().disconnect(name);
  return listAgents();
});
handle(PurgeRequest, () => started().purge());
handle(ErasePlanRequest, (part) => started().planErasure(part));
handle(ErasePartRequest, (part) => started().erasePart(part));
handle(SyncRequest, () => started().sync());
handle(EraseRemotelyRequest, () => started().eraseRemotely());
handle(PreviewRequest, ({ categories, limit }) =>
  started().reader.preview(limit ?? undefined, categories ?? undefined),
);
handle(CheckServerRequest, () => started().checkServer());
handle(VerifyLedgerRequest, () => started().reader.verifyLedger());

connection.onShutdown(() => worker?.close());
// Exit with the editor at once; the library would notice only after some seconds.
process.once("disconnect", () => {
  worker?.close();
  process.exit(0);
});
connection.listen();

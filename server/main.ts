/**
 * The worker's entry: a process of its own, one per window, speaking JSON-RPC over Node IPC as a language server does.
 * It checks every message, hands it to the worker, and ends with the editor.
 */
import { createConnection, type InitializeParams, ProposedFeatures, ResponseError } from "vscode-languageserver/node";
import {
  type AgentChange,
  type AgentName,
  AgentsRequest,
  ConnectAgentRequest,
  DisconnectAgentRequest,
  PlanAgentRequest,
} from "../shared/protocol/agents.ts";
import {
  EditorChangedNotification,
  RecordEventsRequest,
  TodayRequest,
  validateEditorState,
} from "../shared/protocol/record.ts";
import {
  InsightsRequest,
  MetricsRequest,
  StatsRequest,
  ToolCallsRequest,
  WeeklyActivityRequest,
} from "../shared/protocol/reports.ts";
import type { Request } from "../shared/protocol/rpc.ts";
import { isCheckError, type Validator } from "../shared/protocol/validate.ts";
import {
  DataChangedNotification,
  EraseRemotelyRequest,
  ExportProgressNotification,
  ExportRequest,
  GiveConsentRequest,
  LedgerRequest,
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
import { SettingsError } from "./agents/settings.ts";
import { systemClock } from "./clock.ts";
import { StaleNoticeError } from "./config/consent-log.ts";
import { homeFolder } from "./config/home.ts";
import { pathsFrom } from "./config/paths.ts";
import { TelemetryService } from "./worker/service.ts";

/** JSON-RPC codes: the parameters were malformed; the request failed, and the message says why. */
const invalidParams = -32602;
const requestFailed = -32803;

/** The agents of this user; their settings are read anew each time. */
const connections = () => new Connections(pathsFrom(process.env), homeFolder(), process.env);

function planOf(name: AgentName): AgentChange | null {
  const change = connections().planConnect(name);
  if (change === undefined) return null;
  const { agent, before, lines, removed } = change;
  return { name, title: agent.title, file: agent.file, isNew: before === null, lines, removed };
}

/** How many entries of the ledger the page shows. */
const ledgerShown = 50;

// Whatever is created is for the user alone.
process.umask(0o077);

const connection = createConnection(ProposedFeatures.all);
let worker: TelemetryService | undefined;

function started(): TelemetryService {
  if (worker === undefined) throw new ResponseError(requestFailed, "The worker has not been initialized.");
  return worker;
}

/** Runs a handler and turns its errors into answers. Only our own words leave: a message may quote what it saw. */
function answering<P, R>({ method, params: check }: Request<P, R>, handler: (params: P) => R | Promise<R>): void {
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
    throw new ResponseError(invalidParams, isCheckError(error) ? error.message : "Malformed message.");
  }
}

connection.onInitialize((params: InitializeParams) => {
  const editor = checked(validateEditorState, params.initializationOptions, "initializationOptions");
  worker = new TelemetryService(pathsFrom(process.env), process.env, editor, systemClock, {
    dataChanged: () => void connection.sendNotification(DataChangedNotification.method, {}),
    exportProgress: (progress) => void connection.sendNotification(ExportProgressNotification.method, progress),
    sharingChanged: (sharing) => void connection.sendNotification(SharingChangedNotification.method, sharing),
    problemChanged: (problem) => void connection.sendNotification(ProblemChangedNotification.method, { problem }),
  });
  return { capabilities: {} };
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

answering(RecordEventsRequest, (params) => started().record(params));
answering(GiveConsentRequest, (decision) => started().giveConsent(decision));
answering(StatusRequest, () => started().status());
answering(MetricsRequest, (selection) => started().metrics(selection));
answering(InsightsRequest, (selection) => started().insights(selection));
answering(TodayRequest, () => started().today());
answering(WeeklyActivityRequest, (selection) => started().weeklyActivity(selection));
answering(ToolCallsRequest, (selection) => started().toolCalls(selection));
answering(StatsRequest, (selection) => started().stats(selection));
answering(ExportRequest, ({ path, format }) => started().export(path, format));
answering(LedgerRequest, () => [...started().ledgerEntries(ledgerShown)]);
answering(ResetIdentityRequest, () => {
  started().resetIdentity();
  return {};
});
const standings = () => connections().list(started().agentsSeen());
answering(AgentsRequest, standings);
answering(PlanAgentRequest, ({ name }) => planOf(name));
answering(ConnectAgentRequest, ({ name }) => {
  const change = connections().planConnect(name);
  if (change !== undefined) connections().connect(change);
  return standings();
});
answering(DisconnectAgentRequest, ({ name }) => {
  connections().disconnect(name);
  return standings();
});
answering(PurgeRequest, () => started().purge());
answering(SyncRequest, () => started().sync());
answering(EraseRemotelyRequest, () => started().eraseRemotely());
answering(PreviewRequest, () => started().preview());
answering(VerifyLedgerRequest, () => started().verifyLedger());

connection.onShutdown(() => worker?.close());
// Without its editor a worker has no reason to live; the library would notice only after some seconds.
process.once("disconnect", () => {
  worker?.close();
  process.exit(0);
});
connection.listen();

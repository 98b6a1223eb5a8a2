/**
 * The effective policy in the extension host: the consent record (read at activation and when the
 * window gains focus), the environment, VS Code's telemetry setting and our own. The worker adds
 * the refusals of files that only it reads.
 */
import { Disposable, EventEmitter, env, window, workspace } from "vscode";
import { nexusHome, type PathContext } from "../shared/consent/config-paths.ts";
import {
  type ConsentReading,
  type ConsentRecord,
  decide,
  editorRefusals,
  environmentRefusals,
  type Permission,
  type Refusal,
} from "../shared/consent/consent.ts";
import type { EditorState } from "../shared/protocol/record.ts";
import { readDecision } from "./consent-reading.ts";

/** Refusals that only the worker reports: the extension host reads neither file. */
const reportedByWorker: readonly Refusal["by"][] = ["policy_file", "config_file"];

export class PermissionSource implements Disposable {
  readonly #context: PathContext;
  readonly #changed = new EventEmitter<Permission>();
  readonly #subscriptions: Disposable;
  #reading: ConsentReading = null;
  /** Incremented by each read and each consent, so that a slower, older read is ignored. */
  #generation = 0;
  #fromWorker: readonly Refusal[] = [];
  #environment: readonly Refusal[] | undefined;
  /** Off until the record is read. */
  #current: Permission = decide(null, []);

  readonly onDidChange = this.#changed.event;

  constructor(context: PathContext) {
    this.#context = context;
    this.#subscriptions = Disposable.from(
      this.#changed,
      window.onDidChangeWindowState(({ focused }) => {
        if (focused) void this.read();
      }),
      env.onDidChangeTelemetryEnabled(() => this.#update()),
      workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration("nexus.telemetry.enabled")) this.#update();
      }),
    );
  }

  get current(): Permission {
    return this.#current;
  }

  /** The settings of VS Code that the worker needs. */
  get editor(): EditorState {
    return {
      telemetry: env.isTelemetryEnabled,
      proxy: workspace.getConfiguration("http").get<string>("proxy", "").slice(0, 2048) || null,
      enabled: workspace.getConfiguration("nexus.telemetry").get<unknown>("enabled", true) === true,
    };
  }

  get stateFolder(): string {
    return this.#context.join(nexusHome(this.#context), "state");
  }

  /** Reads consent record and installation file, the only files that the extension host reads. */
  async read(): Promise<void> {
    this.#generation += 1;
    const generation = this.#generation;
    const reading = await readDecision(this.#context);
    if (generation !== this.#generation) return;
    // The user decided elsewhere: the worker's refusals may be outdated.
    if (!isSame(reading, this.#reading)) this.#fromWorker = [];
    this.#reading = reading;
    this.#update();
  }

  /** Applies a consent that was just stored, with the worker's policy for it. */
  decided(record: ConsentRecord, permission: Permission): void {
    this.#generation += 1;
    this.#reading = record;
    this.learn(permission);
  }

  /** Applies the refusals of the policy file and the configuration, which the worker has read. */
  learn(permission: Permission): void {
    this.#fromWorker = permission.refusals.filter(({ by }) => reportedByWorker.includes(by));
    this.#update();
  }

  /** Applies the policy with which the worker refused events, such as a withdrawal elsewhere. */
  refused(permission: Permission): void {
    this.#generation += 1;
    if (permission.consent === "damaged") this.#reading = "damaged";
    else if (permission.consent !== "given") this.#reading = noConsent;
    this.learn(permission);
  }

  dispose(): void {
    this.#subscriptions.dispose();
  }

  #decide(): Permission {
    this.#environment ??= environmentRefusals(process.env);
    return decide(this.#reading, [...this.#environment, ...editorRefusals(this.editor), ...this.#fromWorker]);
  }

  #update(): void {
    const before = this.#current;
    this.#current = this.#decide();
    if (!isSame(before, this.#current)) this.#changed.fire(this.#current);
  }
}

/** Replaces the withdrawn consent until the record is read again. */
const noConsent: ConsentRecord = { mode: "off", collect: [], share: [], noticeVersion: "", tsMs: 0 };

/** Compares as JSON: the same code created both, with the fields in the same order. */
function isSame(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

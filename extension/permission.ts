/**
 * The editor's side of "may I?": the consent record (read at activation and when the window gains focus), the
 * environment, the editor's telemetry switch and our setting. The worker's answer adds what only it can know.
 */
import { Disposable, EventEmitter, env, window, workspace } from "vscode";
import type { PathContext } from "../shared/consent/config-paths.ts";
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

/** Refusals that only the worker sees, because the editor reads neither file. */
const seenByWorker: readonly Refusal["by"][] = ["policy_file", "config_file"];

export class PermissionSource implements Disposable {
  readonly #surroundings: PathContext;
  readonly #changed = new EventEmitter<Permission>();
  readonly #subscriptions: Disposable;
  #reading: ConsentReading = null;
  /** Raised by each reading and each decision: a slower, older reading does not count. */
  #generation = 0;
  #fromWorker: readonly Refusal[] = [];
  #environment: readonly Refusal[] | undefined;
  /** Until the record was read. */
  #current: Permission = decide(null, []);

  readonly onDidChange = this.#changed.event;

  constructor(surroundings: PathContext) {
    this.#surroundings = surroundings;
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

  /** What the worker is told of the editor. */
  get editor(): EditorState {
    return {
      telemetry: env.isTelemetryEnabled,
      proxy: workspace.getConfiguration("http").get<string>("proxy", "").slice(0, 2048) || null,
      enabled: workspace.getConfiguration("nexus.telemetry").get<unknown>("enabled", true) === true,
    };
  }

  /** Reads the consent record, and which installation this is: the only files the extension host ever reads. */
  async read(): Promise<void> {
    this.#generation += 1;
    const generation = this.#generation;
    const reading = await readDecision(this.#surroundings);
    if (generation !== this.#generation) return;
    // A new decision, made elsewhere: what the worker said of an older one may be over.
    if (!isSame(reading, this.#reading)) this.#fromWorker = [];
    this.#reading = reading;
    this.#update();
  }

  /** A decision that was just written down, and what the worker made of it. */
  decided(record: ConsentRecord, permission: Permission): void {
    this.#generation += 1;
    this.#reading = record;
    this.learn(permission);
  }

  /** The worker's own ruling: it has read the policy and the configuration. */
  learn(permission: Permission): void {
    this.#fromWorker = permission.refusals.filter(({ by }) => seenByWorker.includes(by));
    this.#update();
  }

  /** The worker stored nothing, because it knows a *no*: perhaps one that another window wrote down. */
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

/** Stands for a refusal until the record is read again. */
const noConsent: ConsentRecord = { mode: "off", collect: [], share: [], noticeVersion: "", tsMs: 0 };

/** Both are plain data that the same code made, field by field in the same order. */
function isSame(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

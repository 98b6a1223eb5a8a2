import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { type ConsentReading, decide } from "../../shared/consent/consent.ts";
import { type Message, message } from "../../shared/protocol/message.ts";
import { categories } from "../../shared/schema/categories.ts";
import { flushMicrotasks, ManualTimers } from "../../test/fixtures/timers.ts";
import { FakePanel, panels } from "../../test/fixtures/vscode.ts";
import { DashboardPanel } from "./dashboard-panel.ts";

const given: ConsentReading = { mode: "local", collect: categories, share: [], noticeVersion: "1", tsMs: 0 };

/** How many requests a reading is. */
const all = 3;

/** The rest of the product: counts who asks a worker, and how. */
class Product {
  permission = decide(given, []);
  problems: Message[] = [];
  commands = 0;
  asked = 0;
  failing = false;
  decided = 0;
  stateFolder = "/nowhere/state";
  readonly features = { used: () => undefined };

  command = async () => {
    this.commands += 1;
    return this.#answer();
  };
  ask = async () => {
    this.asked += 1;
    return this.#answer();
  };
  learn = () => undefined;
  alertSeen = () => undefined;
  applyWorkerPermission = () => undefined;
  decide = async () => {
    this.decided += 1;
    return "Written down.";
  };

  #answer() {
    if (this.failing) throw new Error("down");
    return { permission: this.permission } as never;
  }
}

/** The thread with invented work. */
class FakeSample {
  isBroken = false;
  disposed = 0;
  fault: Error | undefined;

  ask = async ({ kind }: { kind: string }) => {
    if (this.fault !== undefined) throw this.fault;
    return { kind, result: null };
  };
  dispose = () => {
    this.disposed += 1;
  };
}

const question = { kind: "timeline", params: { id: "s1" } } as const;

let product: Product;
let sample: FakeSample;
let timers: ManualTimers;
let page: DashboardPanel;
const panel = () => panels.at(-1) ?? new FakePanel();
const shown = () => panel().posted.at(-1);

beforeEach(() => {
  product = new Product();
  timers = new ManualTimers();
  const log = { warn: () => undefined, show: () => undefined };
  const stored = new Map<string, unknown>();
  const globalState = {
    get: (key: string, other?: unknown) => stored.get(key) ?? other,
    update: async (key: string, value: unknown) => stored.set(key, value),
  };
  sample = new FakeSample();
  const steps = { done: () => undefined };
  const context = { extensionUri: "extension", globalState };
  page = new DashboardPanel(
    context as never,
    product as never,
    product as never,
    timers,
    log as never,
    sample as never,
    steps as never,
  );
});

async function opened(): Promise<void> {
  page.open("overview");
  panel().fromPage.fire({ type: "ready" });
  await flushMicrotasks();
}

describe("dashboard panel", () => {
  it("reads data when it opens, and once after several changes", async () => {
    await opened();
    expect(product).toMatchObject({ commands: all, asked: 0 });
    page.dataChanged();
    page.dataChanged();
    timers.fire();
    await flushMicrotasks();
    expect(product).toMatchObject({ commands: all, asked: all });
  });

  it("shows a change after a pause at once, and many changes five times a second", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 9, 20) });
    onTestFinished(() => void vi.useRealTimers());
    await opened();
    timers.fire();
    const waitMs = async (sinceMs: number) => {
      vi.setSystemTime(Date.now() + sinceMs);
      page.dataChanged();
      const [delayMs] = timers.delaysMs;
      timers.fire();
      await flushMicrotasks();
      return delayMs;
    };
    expect([await waitMs(1_000), await waitMs(0), await waitMs(150), await waitMs(1_000)]).toEqual([20, 200, 50, 20]);
    // The clock was set back.
    expect(await waitMs(-60_000)).toBe(200);
  });

  it("passes a question on: of the user by all means, a refresh only to a worker that runs", async () => {
    await opened();
    const ask = async (id: number, isRefresh: boolean) => {
      panel().fromPage.fire({ type: "ask", id, question, isRefresh });
      await flushMicrotasks();
      return shown();
    };
    expect(await ask(7, false)).toMatchObject({ type: "answer", id: 7, answer: { kind: "timeline" }, failure: null });
    expect(product).toMatchObject({ commands: all + 1, asked: 0 });
    await ask(8, true);
    expect(product).toMatchObject({ commands: all + 1, asked: 1 });
    product.failing = true;
    expect(await ask(9, true)).toMatchObject({ type: "answer", id: 9, answer: null, failure: { values: {} } });
  });

  it("asks while it loads what its page asked when it was opened last", async () => {
    await opened();
    panel().fromPage.fire({ type: "ask", id: 1, question, isRefresh: false });
    await flushMicrotasks();
    panel().dispose();
    const { commands } = product;
    await opened();
    expect(product.commands).toBe(commands + all + 1);
    panel().fromPage.fire({ type: "ask", id: 1, question, isRefresh: false });
    await flushMicrotasks();
    expect(product.commands).toBe(commands + all + 1);
    expect(shown()).toMatchObject({ type: "answer", id: 1, failure: null });
  });

  it("asks for the next page only what the user asked, and again if data changes meanwhile", async () => {
    await opened();
    panel().fromPage.fire({ type: "ask", id: 1, question, isRefresh: false });
    panel().fromPage.fire({ type: "ask", id: 2, question, isRefresh: true });
    await flushMicrotasks();
    panel().dispose();
    const { commands } = product;
    page.open("overview");
    await flushMicrotasks();
    expect(product.commands).toBe(commands + all + 1);
    page.dataChanged();
    timers.fire();
    const { asked } = product;
    panel().fromPage.fire({ type: "ready" });
    await flushMicrotasks();
    timers.fire();
    await flushMicrotasks();
    expect(product.asked).toBe(asked + all);
  });

  it("names a workspace only in this editor, and forgets an empty name", async () => {
    await opened();
    const aliases = () => (shown() as { workspaces: { aliases: unknown } }).workspaces.aliases;
    const name = async (text: string) => {
      panel().fromPage.fire({ type: "nameWorkspace", hash: "h1", name: text });
      await flushMicrotasks();
    };
    await name(" Payroll ");
    expect(aliases()).toEqual({ h1: "Payroll" });
    await name("");
    expect(aliases()).toEqual({});
    expect(product.commands).toBe(all);
  });

  it("invariant: off-means-nothing: in mode off only the user makes it ask a worker", async () => {
    product.permission = decide({ ...given, mode: "off" }, []);
    await opened();
    const { commands } = product;
    for (let n = 0; n < 5; n += 1) {
      page.stateChanged();
      page.dataChanged();
      panel().viewState.fire();
      timers.fire();
      await flushMicrotasks();
    }
    expect(product).toMatchObject({ commands, asked: 0 });
  });

  it("invariant: off-means-nothing: asks no worker before the first decision", async () => {
    product.permission = decide(null, []);
    await opened();
    page.open("privacy");
    panel().fromPage.fire({ type: "ask", id: 1, question, isRefresh: false });
    await flushMicrotasks();
    expect(product).toMatchObject({ commands: 0, asked: 0 });
    expect(shown()).toMatchObject({ type: "answer", answer: { kind: "timeline" }, failure: null });
    page.stateChanged();
    expect(shown()).toMatchObject({ type: "state", status: null, sample: true });
    page.open("status");
    await flushMicrotasks();
    expect(product.commands).toBe(all);
  });

  it("invariant: off-means-nothing: asks no worker when the sample fails, is closed, or data of an earlier consent is there", async () => {
    product.permission = decide(null, []);
    await opened();
    const ask = async () => {
      panel().fromPage.fire({ type: "ask", id: 1, question, isRefresh: false });
      await flushMicrotasks();
    };
    // A question that failed, or a thread that was closed: the sample stays.
    sample.fault = new Error("The sample was closed.");
    await ask();
    expect(shown()).toMatchObject({ type: "answer", answer: null });
    page.stateChanged();
    expect(shown()).toMatchObject({ sample: true });
    sample.isBroken = true;
    await ask();
    page.stateChanged();
    expect(shown()).toMatchObject({ sample: false });
    await ask();
    expect(shown()).toMatchObject({ answer: null, failure: message("There is no data before the first choice.") });
    expect(product).toMatchObject({ commands: 0, asked: 0 });
    // As after the consent record was deleted.
    product.stateFolder = process.cwd();
    const other = new FakePanel();
    page.adopt(other as never);
    other.fromPage.fire({ type: "ready" });
    await flushMicrotasks();
    expect(other.posted.at(-1)).toMatchObject({ type: "state", sample: false });
    expect(product).toMatchObject({ commands: 0, asked: 0 });
  });

  it("never takes figures of the sample for the user's, or the other way: the revision changes", async () => {
    await opened();
    const real = shown() as { revision: number };
    product.permission = decide(null, []);
    page.stateChanged();
    const invented = shown() as { revision: number };
    expect(invented).toMatchObject({ sample: true, status: null, dismissed: [] });
    expect(invented.revision).not.toBe(real.revision);
    product.permission = decide(given, []);
    page.stateChanged();
    expect(shown()).toMatchObject({ sample: false });
    expect((shown() as { revision: number }).revision).not.toBe(invented.revision);
    expect(sample.disposed).toBeGreaterThan(0);
  });

  it("writes nothing down of the sample", async () => {
    product.permission = decide(null, []);
    await opened();
    panel().fromPage.fire({ type: "nameWorkspace", hash: "h1", name: "Payroll" });
    panel().fromPage.fire({ type: "dismiss", id: "slow:x", reason: "known", days: null });
    await flushMicrotasks();
    product.permission = decide(given, []);
    page.stateChanged();
    expect(shown()).toMatchObject({ dismissed: [], workspaces: { aliases: {} } });
  });

  it("respects the backoff of a failing worker and shows the failure with the last data", async () => {
    await opened();
    product.failing = true;
    product.problems = [message("The worker stopped.")];
    for (let n = 0; n < 5; n += 1) {
      page.stateChanged();
      timers.fire();
      await flushMicrotasks();
    }
    expect(product.commands).toBe(all);
    expect(shown()).toMatchObject({
      problems: [message("The worker stopped.")],
      status: { permission: { mode: "local" } },
    });
  });

  it("withdraws consent while another action is running", async () => {
    await opened();
    panel().fromPage.fire({ type: "purge" });
    panel().fromPage.fire({
      type: "giveConsent",
      mode: "off",
      collect: [],
      share: [],
      destination: null,
      automatic: false,
      schema: 1,
      earlierEvents: false,
      notice: { version: "1", sha256: "x", language: "en" },
    });
    await flushMicrotasks();
    expect(product.decided).toBe(1);
  });

  it("ignores a malformed message", async () => {
    await opened();
    panel().fromPage.fire({ type: "giveConsent", mode: "everything" });
    await flushMicrotasks();
    expect(product.decided).toBe(0);
  });

  it("keeps one dashboard per window, also after a reload restored another", async () => {
    await opened();
    const first = panel();
    const kept = new FakePanel();
    page.adopt(kept as never);
    expect(first.disposed).toBe(true);
    kept.fromPage.fire({ type: "ready" });
    await flushMicrotasks();
    expect(kept.posted.at(-1)).toMatchObject({ type: "state" });
  });
});

/** Registers the view "Today", whose content is loaded when it is first displayed. */
import { type Disposable, EventEmitter, type TreeDataProvider, type TreeItem, window } from "vscode";
import type { Permission } from "../shared/consent/consent.ts";
import type { Ui } from "./ui/ui.ts";

type View = Ui["todayView"];
type Entry = Parameters<View["getTreeItem"]>[0];

/** In mode off nothing is loaded: the view shows its welcome text. */
export class LazyTodayView implements TreeDataProvider<Entry> {
  readonly #changed = new EventEmitter<void>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #load: () => Promise<Ui>;
  readonly #permission: () => Permission;
  #view: View | undefined;

  constructor(load: () => Promise<Ui>, permission: () => Permission) {
    this.#load = load;
    this.#permission = permission;
  }

  register(): Disposable {
    return window.registerTreeDataProvider("nexus.telemetry.today", this);
  }

  refresh(): void {
    this.#changed.fire();
  }

  getTreeItem(entry: Entry): TreeItem {
    if (this.#view === undefined) throw new Error("The view has no entries before it is loaded.");
    return this.#view.getTreeItem(entry);
  }

  async getChildren(entry?: Entry): Promise<Entry[]> {
    if (this.#permission().mode === "off") return [];
    if (this.#view === undefined) {
      const { todayView } = await this.#load();
      todayView.onDidChangeTreeData(() => this.#changed.fire());
      this.#view = todayView;
    }
    return [...(await this.#view.getChildren(entry))];
  }
}

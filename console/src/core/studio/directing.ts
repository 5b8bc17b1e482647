/* What people ask of the director: each is a line of the log, and the director (the server's, or while
 * the link is down this console's) does the rest. */
import { settingsOf } from "../director/patience";
import { emptyView, FOREVER_S } from "../log-view";
import { load, save } from "../saved";
import type { SourceId } from "../studio";
import type { State } from "./state";

export class Directing {
  constructor(private readonly state: State) {}

  cut(id: SourceId): void {
    this.state.show?.log("manual_cut", { source: id });
  }

  wide(): void {
    const wide = this.state.get().sources.find(({ role, isLost }) => role === "wide" && !isLost);
    if (wide) this.cut(wide.id);
  }

  hold(): void {
    const { onAir } = this.state.get().directing;
    if (onAir !== null) this.state.show?.log("manual_cut", { source: onAir, hold: FOREVER_S });
  }

  auto(): void {
    this.state.show?.log("auto_resume");
  }

  mark(label: string): void {
    this.state.show?.log("marker", { kind: "mark", label });
  }

  changeSettings(settings: Record<string, number>): void {
    const all = { ...load().settings, ...settings };
    save({ settings: all });
    if (this.state.show) this.state.show.log("settings", { settings });
    else this.state.set({ directing: emptyView([], all).directing });
  }

  setPatience(patience: number): void {
    this.changeSettings(settingsOf(patience));
  }
}

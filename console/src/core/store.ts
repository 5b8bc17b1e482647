/* State that views can read: the same object until something changed. */
export class Store<State extends object> {
  private listeners = new Set<() => void>();
  constructor(private state: State) {}

  get = (): State => this.state;

  set(change: Partial<State>): void {
    const isSame = (Object.keys(change) as (keyof State)[]).every((key) => Object.is(this.state[key], change[key]));
    if (isSame) return;
    this.state = { ...this.state, ...change };
    for (const listener of [...this.listeners]) listener();
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
}

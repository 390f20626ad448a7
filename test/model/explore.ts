/** What may happen next: what it is called, what comes of it, and what is wrong with that, if something is. */
export interface Step<State> {
  label: string;
  state: State;
  violation?: string | undefined;
}

export interface Model<State> {
  initial: State;
  next: (state: State) => Iterable<Step<State>>;
  /** The same for states between which nothing tells the difference. */
  key: (state: State) => string;
}

export interface Exploration {
  states: number;
  steps: number;
  /** The first violation that was met, with the shortest way to it. */
  found?: { violation: string; trace: string[] };
}

/** Every state that can be reached, breadth first, until one violates something. */
export function explore<State>({ initial, next, key }: Model<State>): Exploration {
  const cameFrom = new Map<string, string | undefined>([[key(initial), undefined]]);
  let frontier = new Map([[key(initial), initial]]);
  let steps = 0;
  while (frontier.size > 0) {
    const reached: typeof frontier = new Map();
    for (const [stateKey, state] of frontier) {
      for (const { label, state: after, violation } of next(state)) {
        steps++;
        if (violation !== undefined) {
          const trace = [...wayTo(stateKey, cameFrom, { initial, next, key }), label];
          return { states: cameFrom.size, steps, found: { violation, trace } };
        }
        const afterKey = key(after);
        if (cameFrom.has(afterKey)) continue;
        cameFrom.set(afterKey, stateKey);
        reached.set(afterKey, after);
      }
    }
    frontier = reached;
  }
  return { states: cameFrom.size, steps };
}

/** The labels on the way to a state, found again by walking it. */
function wayTo<State>(end: string, cameFrom: Map<string, string | undefined>, { initial, next, key }: Model<State>) {
  const way: string[] = [];
  for (let at: string | undefined = end; at !== undefined; at = cameFrom.get(at)) way.unshift(at);
  const labels: string[] = [];
  let state = initial;
  for (const wanted of way.slice(1)) {
    const step = [...next(state)].find((candidate) => key(candidate.state) === wanted) as Step<State>;
    labels.push(step.label);
    state = step.state;
  }
  return labels;
}

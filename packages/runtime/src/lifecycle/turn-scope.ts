import { type AnyActorLogic, type AnyActorScope, createActor, type EventObject, fromCallback } from "xstate";
import type { ActorPath } from "./actor-path.ts";

/** An action as XState hands it to whoever executes it. */
export interface GivenAction {
  readonly type: string;
  readonly info: object;
  readonly params: unknown;
  readonly exec: ((info: never, params: never) => void) | undefined;
}

/** What an action of a kept actor may use of it. */
export interface ActionSelf {
  readonly id: string;
  send(event: EventObject): void;
  getSnapshot(): unknown;
}

/** Stands for the parent of a kept actor, to be sent to. */
export interface ParentMark {
  readonly parentOf: ActorPath;
}

const nothing = fromCallback(() => {});

/**
 * What XState is given to make one pure transition with: it collects the actions, and begins and stops nothing. A child that is
 * spawned meanwhile is made in a system of its own and never started.
 */
export function turnScope(path: ActorPath, id: string, snapshot: () => unknown, actions: GivenAction[]): AnyActorScope {
  const system = lazySystem(snapshot);
  const parent = path.length === 0 ? undefined : ({ parentOf: path } satisfies ParentMark);
  const self = { id, sessionId: id, system, _parent: parent, getSnapshot: snapshot, send: () => {} };
  const scope = {
    ...{ self, system, id, sessionId: id },
    ...{ defer: () => {}, stopChild: () => {}, logger: () => {}, emit: () => {} },
    actionExecutor: (action: GivenAction) => void actions.push(action),
  };
  return scope as unknown as AnyActorScope;
}

/**
 * XState counts those without an id for the whole process, which another process begins anew: a child would take the place of one
 * that is kept.
 */
function nameChildren(system: object, snapshot: () => unknown): void {
  let next = 0;
  const bookId = () => {
    const { children = {} } = (snapshot() ?? {}) as { readonly children?: object };
    while (Object.hasOwn(children, `x:${next}`)) next++;
    return `x:${next++}`;
  };
  Object.assign(system, { _bookId: bookId });
}

/** One that is made when a child is: most turns spawn none, and only tell that they go on. */
function lazySystem(snapshot: () => unknown): object {
  let system: object | undefined;
  return new Proxy(
    {},
    {
      get(_, name) {
        if (name === "_sendInspectionEvent") return tellNobody;
        if (!system) {
          ({ system } = createActor(nothing));
          nameChildren(system, snapshot);
        }
        return Reflect.get(system, name, system);
      },
    },
  );
}

const tellNobody = () => {};

/**
 * Whether an actor of this logic is its state and nothing else: a machine, or a reducer. Others run: promises, callbacks,
 * observables.
 */
export function isState(logic: AnyActorLogic): boolean {
  return "root" in logic || logic.start === undefined;
}

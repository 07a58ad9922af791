import type { InspectionEvent, Observer } from "xstate";

/** An observer as XState's own `createActor(logic, { inspect })` takes it. */
export type XStateObserver = Observer<InspectionEvent> | ((event: InspectionEvent) => void);

/** An observer whose faults stay its own. */
export type GuardedObserver = (event: InspectionEvent) => void;

/**
 * Lets an observer throw, or reject, without harm: XState calls it on the stack of whoever sent the event, and a throw leaves the
 * mailbox of the actor locked for good (xstate/src/Mailbox.ts).
 */
export function guarded(observer: XStateObserver, onFault: (error: unknown) => void): GuardedObserver {
  return (event) => {
    try {
      const returned: unknown = typeof observer === "function" ? observer(event) : observer.next?.(event);
      // Types let it be asynchronous: a rejection that nobody handles ends the process.
      if (returned instanceof Promise) returned.catch(onFault);
    } catch (error) {
      onFault(error);
    }
  };
}

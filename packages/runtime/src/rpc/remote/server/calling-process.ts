import type { Binding } from "../../caller/routed-call.ts";
import { noTargets } from "../../caller/target-list.ts";
import type { Principal } from "../../principal.ts";
import { SenderClock } from "../../wire/sender-clock.ts";
import { CallerSuspicion } from "./caller-suspicion.ts";

/** One life of a process that calls this one: what holds for all of its calls, whomever they go to. */
export class CallingProcess {
  readonly clock = new SenderClock();
  readonly suspicion = new CallerSuspicion();
  /** Where calls come from that say nothing about themselves. */
  readonly binding: Binding;

  /** @param caller the token that the broker enforced */
  constructor(caller: string) {
    this.binding = {
      targets: noTargets,
      address: undefined,
      origin: {
        peer: caller,
        remote: true,
        principal: callerPrincipal(caller),
        requestId: undefined,
        deadlineAt: Number.POSITIVE_INFINITY,
        link: undefined,
        waits: true,
      },
    };
  }

  /** It was heard: it was not gone. */
  heard(): void {
    this.suspicion.clear();
  }
}

export function callerPrincipal(caller: string): Principal {
  return { user: caller, roles: [] };
}

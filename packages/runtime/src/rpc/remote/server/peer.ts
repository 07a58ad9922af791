import type { ReeveError } from "@reeve/contract";
import type { CompiledOperation } from "@reeve/contract/internal";
import { IdTable } from "../../../base/id-table.ts";
import type { Binding } from "../../caller/routed-call.ts";
import { noTargets } from "../../caller/target-list.ts";
import type { Principal } from "../../principal.ts";
import { SenderClock } from "../../wire/sender-clock.ts";
import { AnswerMemory } from "./answer-memory.ts";
import { CallerSuspicion } from "./caller-suspicion.ts";

/** A call of a peer that is here. */
export interface PeerCall {
  readonly id: number;
  readonly receivedAt: number;
  /** When its caller was told last that it still runs; at first when it came. */
  beatAt: number;
  readonly operation: CompiledOperation;
  /** Its reader has room for the steps below this number. */
  allow(upTo: number): void;
  /** Nobody waits for it any more. */
  abandon(reason: ReeveError): void;
}

/** One calling process, known by its inbox: its clock, its calls here, and what they were answered. */
export class Peer {
  readonly inbox: string;
  /** The token that the broker enforced. */
  readonly caller: string;
  readonly clock = new SenderClock();
  readonly answers: AnswerMemory;
  readonly running = new IdTable<PeerCall>();
  readonly suspicion = new CallerSuspicion();
  /** Where calls come from that say nothing about themselves. */
  readonly binding: Binding;
  seenAt: number;
  /** Until then it may ask for answers: the latest deadline of its calls whose answers are remembered. */
  asksUntil = Number.NEGATIVE_INFINITY;

  /** @param grew told by how many bytes its answers grew, or shrank */
  constructor(inbox: string, caller: string, now: number, grew?: (bytes: number) => void) {
    this.answers = new AnswerMemory(grew);
    this.inbox = inbox;
    this.caller = caller;
    this.seenAt = now;
    this.binding = {
      targets: noTargets,
      address: undefined,
      origin: {
        peer: caller,
        principal: peerPrincipal(caller),
        requestId: undefined,
        deadlineAt: Number.POSITIVE_INFINITY,
        link: undefined,
        waits: true,
      },
    };
  }
}

/** Whether nothing would be lost with it. */
export function isIdle({ running, seenAt, asksUntil }: Peer, now: number, idleMs: number): boolean {
  return running.size === 0 && now - seenAt > idleMs && now > asksUntil;
}

export function peerPrincipal(caller: string): Principal {
  return { user: caller, roles: [] };
}

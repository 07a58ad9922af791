import type { Contract } from "@reeve/contract";
import type { LocalTarget, RoutedCall } from "../../caller/routed-call.ts";
import type { Member } from "../../membership.ts";
import { CallSubjects, reachToken } from "../../wire/subjects.ts";
import type { CallLane } from "./call-lane.ts";
import type { Conversation } from "./conversation.ts";
import type { PendingCall } from "./pending-call.ts";
import { placeOf } from "./place.ts";

/** What a target needs of the client that sends for it. */
export interface TargetPort {
  readonly namespace: string;
  readonly caller: string;
  send(call: RoutedCall, target: RemoteTarget): void;
  /** With that incarnation, from now on. */
  converse(member: Member): Conversation<PendingCall>;
  lane(subject: string, conversation: Conversation<PendingCall>): CallLane;
}

/** A manager of another process, as callers see it: one incarnation at one address. */
export class RemoteTarget implements LocalTarget {
  readonly remote = true;
  readonly contract: Contract;
  readonly address: string;
  readonly cluster: string | undefined;
  readonly key: string;
  readonly place: string;
  /** What its process told last, of this incarnation. */
  member: Member;
  readonly #port: TargetPort;
  readonly #subjects: CallSubjects;
  readonly #lanes = new Map<string, CallLane>();
  #conversation: Conversation<PendingCall> | undefined;

  constructor(port: TargetPort, member: Member) {
    const { manager, major, minor, address, cluster } = member;
    this.#port = port;
    this.member = member;
    // Its operations are known to its own process; of the contract, callers here ask for the version.
    this.contract = { name: manager, version: `${major}.${minor}`, major, minor, operations: new Map() };
    this.address = address;
    this.cluster = cluster;
    this.key = `${manager}/${address}`;
    this.place = placeOf(member);
    this.#subjects = new CallSubjects(port.namespace, manager, major);
  }

  get canServe(): boolean {
    return this.member.canServe;
  }

  get store(): string | undefined {
    return this.member.store;
  }

  /** Most members are never called. */
  get conversation(): Conversation<PendingCall> {
    this.#conversation ??= this.#port.converse(this.member);
    return this.#conversation;
  }

  deliver(call: RoutedCall): void {
    this.#port.send(call, this);
  }

  /** Where the frames of one operation gather. */
  lane(operation: string): CallLane {
    let lane = this.#lanes.get(operation);
    if (!lane) {
      const subject = this.#subjects.call(operation, reachToken({ address: this.address }), this.#port.caller);
      lane = this.#port.lane(subject, this.conversation);
      this.conversation.goesBy(lane);
      this.#lanes.set(operation, lane);
    }
    return lane;
  }
}

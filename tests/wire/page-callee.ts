import type { Member } from "@reeve/runtime/internal";
import type { Transport } from "@reeve/runtime/transport";
import { decode, encode } from "./page-codec.ts";

export interface ReceivedFrame {
  /** `[sentAt, incarnation, floor, acknowledged]`. */
  readonly head: readonly any[];
  readonly frame: readonly any[];
  /** Where its caller awaits the answer. */
  readonly reply: string;
}

/** A callee written from docs/wire.md alone, that does what a test says. */
export class PageCallee {
  readonly member: Member;
  readonly received: ReceivedFrame[] = [];
  readonly #transport: Transport;
  readonly #stop: () => void;

  constructor(transport: Transport, manager: string, incarnation: string, address = "server") {
    this.#transport = transport;
    this.member = {
      ...{ manager, major: 1, minor: 0, address, cluster: undefined },
      ...{ epoch: 1, incarnation, canServe: true, caller: transport.caller },
    };
    const subscription = transport.subscribe(`reeve.call.${manager}.v1.*.${address}.*`, ({ data, reply }) => {
      const [head, ...frames] = decode(Buffer.from(data.subarray(1)));
      for (const frame of frames) this.received.push({ head, frame, reply: reply! });
    });
    this.#stop = () => subscription.unsubscribe();
  }

  /** The calls, of which some may be copies. */
  get calls(): readonly ReceivedFrame[] {
    return this.received.filter(({ frame }) => frame[0] === 1);
  }

  ok({ frame, reply }: ReceivedFrame, value: unknown): void {
    this.send(reply, [16, frame[1], value]);
  }

  /** @param incarnation who says so */
  fail({ frame, reply }: ReceivedFrame, reason: string, outcome: string, incarnation = this.member.incarnation): void {
    const error = { code: "UNAVAILABLE", reason, message: reason, outcome, retryable: false };
    this.#publish(reply, incarnation, [17, frame[1], error]);
  }

  send(subject: string, ...frames: readonly (readonly unknown[])[]): void {
    this.#publish(subject, this.member.incarnation, ...frames);
  }

  /** Nobody listens there any more. */
  leave(): void {
    this.#stop();
  }

  #publish(subject: string, incarnation: unknown, ...frames: readonly (readonly unknown[])[]): void {
    const { address, epoch } = this.member;
    const message = Buffer.concat([Buffer.of(2), encode([[address, incarnation, epoch], ...frames])]);
    this.#transport.publish(subject, message);
  }
}

import { secretToken } from "../../base/secret-token.ts";
import type { GossipSubjects } from "../../gossip/index.ts";
import { alike } from "../../transport/denials.ts";
import type { Message, Transport } from "../../transport/transport.ts";

/** The part of a transport that members are heard and asked for by. */
export type MembersLink = Pick<
  Transport,
  "caller" | "inbox" | "connected" | "denials" | "publish" | "subscribe" | "onLink" | "flush"
>;

/** What a question for everybody at a host is about. No manager has that name: one that is called `host` may be asked for as well. */
export function hostScope(host: string): readonly string[] {
  return ["_host", host];
}

/** Publishes questions, and hears from the broker when nobody is there to answer one. */
export class Asking {
  readonly #link: MembersLink;
  readonly #subjects: GossipSubjects;
  readonly #open = new Map<string, () => void>();
  readonly #subscription: { unsubscribe(): void };

  constructor(link: MembersLink, subjects: GossipSubjects) {
    this.#link = link;
    this.#subjects = subjects;
    // Before anything is asked, so that the broker has it by then.
    this.#subscription = link.subscribe(`${this.#prefix}.*`, (message) => this.#answered(message));
  }

  /**
   * Returns how to hear no more of it.
   *
   * @param scope `<manager>`, `v<major>`: whoever has such managers; or {@link hostScope}: whoever has any there
   * @param onNobody told before the broker confirms what is sent after the question
   * @throws ReeveError as the link's `publish` does
   */
  ask(scope: readonly string[], onNobody: () => void): () => void {
    const reply = `${this.#prefix}.${secretToken()}`;
    this.#open.set(reply, onNobody);
    const forget = () => void this.#open.delete(reply);
    try {
      const subject = this.#subjects.wanted(this.#link.caller, ...scope);
      this.#link.publish(subject, new Uint8Array(0), { reply, harmless: true });
    } catch (error) {
      forget();
      throw error;
    }
    return forget;
  }

  /** Whether the broker refuses the question or its answers, as far as is known: then it is answered by nobody, whoever is there. */
  isDenied(scope: readonly string[]): boolean {
    const { denials, caller } = this.#link;
    if (!denials) return false;
    const asked = alike(this.#subjects.wanted(caller, ...scope));
    return denials.has("publish", asked) || denials.has("subscribe", alike(this.#subjects.allFound(caller)));
  }

  close(): void {
    this.#subscription.unsubscribe();
    this.#open.clear();
  }

  /** Deeper than where answers to calls come to: of two subscriptions of a connection that match, a broker tells one of no-responders. */
  get #prefix(): string {
    return `${this.#link.inbox}.members.notice`;
  }

  #answered({ subject, noResponders }: Message): void {
    if (!noResponders) return;
    this.#open.get(subject)?.();
    this.#open.delete(subject);
  }
}

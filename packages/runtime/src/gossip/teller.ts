import type { Fields } from "./fields.ts";
import type { GossipLink } from "./link.ts";
import { encodeGossip, type GossipHead, headBytes } from "./message.ts";
import { pack } from "./packing.ts";
import type { GossipSubjects } from "./subjects.ts";

export interface TellerOptions {
  readonly link: Pick<GossipLink, "caller" | "publish" | "maxPayloadBytes">;
  readonly subjects: GossipSubjects;
  readonly type: string;
  /** One life of this process. */
  readonly sender: string;
  readonly host: string;
  /** What the topic tells beside its entries, in every message. */
  more?(): Fields;
}

/** Numbers, packs and publishes what a process tells of one topic. */
export class Teller {
  readonly #options: TellerOptions;
  #sequence = 0;

  constructor(options: TellerOptions) {
    this.#options = options;
  }

  /** Whether anything was told. */
  get spoke(): boolean {
    return this.#sequence > 0;
  }

  /** To everybody. @throws ReeveError as the link's `publish` does: then the next telling should be whole */
  tell(
    entries: readonly string[],
    { whole, last = false }: Pick<GossipHead, "whole"> & { readonly last?: boolean },
  ): void {
    const { link, subjects } = this.#options;
    // Taken before any of it leaves: whoever hears it may ask before the rest has.
    this.#sequence += 1;
    let left = false;
    try {
      for (const message of this.#messages(entries, whole, last)) {
        link.publish(subjects.news(link.caller), message, { harmless: true });
        left = true;
      }
    } catch (error) {
      if (!left) this.#sequence -= 1;
      throw error;
    }
  }

  /** To those that asked. @throws ReeveError as the link's `publish` does: the rest of them hear nothing */
  answer(askers: Iterable<string>, entries: readonly string[], whole: boolean): void {
    const { link, subjects } = this.#options;
    const messages = this.#messages(entries, whole, false);
    for (const asker of askers) {
      for (const message of messages) link.publish(subjects.found(asker, link.caller), message, { harmless: true });
    }
  }

  #messages(entries: readonly string[], whole: boolean, last: boolean): readonly Uint8Array[] {
    const { link, type, sender, host, more } = this.#options;
    const sequence = this.#sequence;
    const groups = pack(entries, link.maxPayloadBytes - headBytes);
    return groups.map((group, index) => {
      const part = { part: index + 1, parts: groups.length };
      return encodeGossip(type, { sender, host, sequence, part, whole, last }, group, more?.());
    });
  }
}

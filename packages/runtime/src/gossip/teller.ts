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
    this.#publish(subjects.news(link.caller), entries, this.#sequence + 1, whole, last, () => {
      this.#sequence += 1;
    });
  }

  /** To one asker. @throws ReeveError as the link's `publish` does */
  answer(asker: string, entries: readonly string[], whole: boolean): void {
    const { link, subjects } = this.#options;
    this.#publish(subjects.found(asker, link.caller), entries, this.#sequence, whole, false);
  }

  #publish(
    subject: string,
    entries: readonly string[],
    sequence: number,
    whole: boolean,
    last: boolean,
    began?: () => void,
  ): void {
    const { link, type, sender, host, more } = this.#options;
    const groups = pack(entries, link.maxPayloadBytes - headBytes);
    for (const [index, group] of groups.entries()) {
      const part = { part: index + 1, parts: groups.length };
      const head = { sender, host, sequence, part, whole, last };
      link.publish(subject, encodeGossip(type, head, group, more?.()), { harmless: true });
      // Its number is taken as soon as any of it may have left.
      if (index === 0) began?.();
    }
  }
}

import type { HostNews, MessageNews, ReplyNews } from "@reeve/runtime/internal/inspection";

interface Kept {
  readonly instance: string;
  readonly message: MessageNews;
  reply?: ReplyNews;
}

/** The newest messages of all hosts with their ends, for a page that is opened later: it shows what those that were open saw. */
export class RecentMessages {
  readonly #most: number;
  /** By host's life and number, oldest first. */
  readonly #kept = new Map<string, Kept>();

  /** @param most how many are kept. Default 2000 */
  constructor(most = 2_000) {
    this.#most = most;
  }

  add({ instance, messages = [], replies = [] }: HostNews): void {
    for (const message of messages) this.#kept.set(keyOf(instance, message.seq), { instance, message });
    for (const reply of replies) {
      const kept = this.#kept.get(keyOf(instance, reply.of));
      if (kept) kept.reply = reply;
    }
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= this.#most) break;
      this.#kept.delete(oldest);
    }
  }

  clear(): void {
    this.#kept.clear();
  }

  /** @param seqOf the number of the news that was told last of a host; undefined for one that is not told of */
  *news(seqOf: (instance: string) => number | undefined, at: number): Iterable<HostNews> {
    for (const [instance, all] of Map.groupBy(this.#kept.values(), ({ instance: of }) => of)) {
      const seq = seqOf(instance);
      if (seq === undefined) continue;
      const messages = all.map(({ message }) => message);
      const replies = all.flatMap(({ reply }) => reply ?? []);
      yield { instance, seq, more: true, at, messages, ...(replies.length > 0 && { replies }) };
    }
  }
}

function keyOf(instance: string, seq: number): string {
  return `${instance} ${seq}`;
}

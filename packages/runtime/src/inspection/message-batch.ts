import type { EventFrame } from "./frame.ts";
import type { MessageNews } from "./news.ts";
import type { PayloadShelf } from "./payload-shelf.ts";

/** How many messages of one batch stand for themselves. */
const singles = 20;
/** How many kinds of message the rest is folded into: same sender, receiver and operation. */
const kinds = 40;

/** The messages since the last news: the first few one by one, the rest folded into counts, what is left over only counted. */
export class MessageBatch {
  readonly #shelf: PayloadShelf;
  #messages: MessageNews[] = [];
  #folded = new Map<string, MessageNews>();
  #skipped = 0;
  /** What each message that stands for itself was told as. */
  readonly #told = new WeakMap<EventFrame, number>();

  constructor(shelf: PayloadShelf) {
    this.#shelf = shelf;
  }

  /** @param seq its place among all that is told */
  add(frame: EventFrame, seq: number): void {
    const { id, sourceId, event, maker, at } = frame;
    const count = event.count ?? 1;
    if (this.#messages.length < singles) {
      const message = { ...messageOf(seq, id, sourceId, event, at, count), ...(maker && { maker }) };
      this.#told.set(frame, seq);
      if (event.payload === undefined) this.#messages.push(message);
      else {
        this.#shelf.put(message.seq, event.payload);
        this.#messages.push({ ...message, payload: true });
      }
      return;
    }
    const key = `${sourceId ?? ""} ${id} ${event.type} ${event.operation ?? ""}`;
    const before = this.#folded.get(key);
    if (before) this.#folded.set(key, { ...before, count: before.count + count });
    else if (this.#folded.size < kinds) {
      const { requestId: _, ...kind } = event;
      this.#folded.set(key, messageOf(seq, id, sourceId, kind, at, count));
    } else this.#skipped += count;
  }

  /** The number that a message stands for itself under; undefined where it was counted with others. */
  seqOf(frame: EventFrame): number | undefined {
    return this.#told.get(frame);
  }

  /** What was gathered, in the order of its time; the batch is empty afterwards. */
  take(): { readonly messages: readonly MessageNews[]; readonly skipped: number } {
    const taken = { messages: [...this.#messages, ...this.#folded.values()], skipped: this.#skipped };
    this.#messages = [];
    this.#folded = new Map();
    this.#skipped = 0;
    return taken;
  }
}

function messageOf(
  seq: number,
  to: string,
  from: string | undefined,
  { type, operation, requestId }: EventFrame["event"],
  at: number,
  count: number,
): MessageNews {
  return {
    seq,
    at,
    ...(from === undefined ? {} : { from }),
    to,
    type,
    ...(operation === undefined ? {} : { operation }),
    ...(requestId === undefined ? {} : { requestId }),
    count,
  };
}

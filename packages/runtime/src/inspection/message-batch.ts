import type { CallEnd, CallMaker } from "./call-report.ts";
import type { EventFrame } from "./frame.ts";
import type { CallEndNews, MessageNews } from "./news.ts";
import type { PayloadShelf } from "./payload-shelf.ts";

/** How many messages of one batch stand for themselves. */
const singles = 20;
/** How many kinds of message the rest is folded into: same sender, receiver and operation. */
const kinds = 40;
/** How many ends one batch tells; what ends beyond that goes into the next. */
const mostEnds = 100;
/** How many ends wait for a batch. Of further ones it is never told that they ended. */
const mostWaiting = 1_000;

/** The messages since the last news: the first few one by one, the rest folded into counts, what is left over only counted. */
export class MessageBatch {
  readonly #shelf: PayloadShelf;
  #messages: MessageNews[] = [];
  #folded = new Map<string, MessageNews>();
  #skipped = 0;
  /** What each call that stands for itself was told as. */
  readonly #told = new WeakMap<EventFrame, number>();
  #ends: CallEndNews[] = [];

  constructor(shelf: PayloadShelf) {
    this.#shelf = shelf;
  }

  /** @param seq its place among all that is told */
  add(frame: EventFrame, seq: number, maker?: CallMaker): void {
    const { id, sourceId, event, at } = frame;
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

  /** A call that stands for itself has ended. */
  end(frame: EventFrame, end: CallEnd): void {
    const seq = this.#told.get(frame);
    if (seq === undefined) return;
    const index = this.#messages.findIndex((message) => message.seq === seq);
    if (index >= 0) this.#messages[index] = { ...this.#messages[index]!, end };
    else if (this.#ends.length < mostWaiting) this.#ends.push({ seq, ...end });
  }

  /** What was gathered, in the order of its time; the batch is empty afterwards. */
  take(): {
    readonly messages: readonly MessageNews[];
    readonly ends: readonly CallEndNews[];
    readonly skipped: number;
  } {
    const messages = [...this.#messages, ...this.#folded.values()];
    const taken = { messages, ends: this.#ends.slice(0, mostEnds), skipped: this.#skipped };
    this.#messages = [];
    this.#ends = this.#ends.slice(mostEnds);
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

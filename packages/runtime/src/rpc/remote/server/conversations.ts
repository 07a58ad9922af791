import { FairMap } from "../../../base/fair-map.ts";
import { Conversation } from "./conversation.ts";
import type { KeptAnswer, KeptBounds } from "./kept-answers.ts";

export interface ConversationBounds {
  readonly inAll: number;
  readonly perCaller: number;
  /** Conversations of which only the highest number is kept. */
  readonly forgottenInAll: number;
  readonly forgottenPerCaller: number;
}

/** One conversation for each calling process and each manager that it calls. */
const defaultBounds: ConversationBounds = {
  inAll: 32_768,
  perCaller: 4_096,
  forgottenInAll: 65_536,
  forgottenPerCaller: 8_192,
};
/** Bytes of answers that are remembered for all conversations of one caller. */
const maxAnswerBytesPerCaller = 67_108_864;
/** And of all callers together. Above it, those with more than their share lose theirs until so much is left. */
const maxAnswerBytes = 268_435_456;
const shrunkAnswerBytes = 234_881_024;
/** A conversation in which nothing was said for so long, and nothing runs, is forgotten. */
const idleMs = 900_000;
/** All are looked at no more often than this. */
const lookEveryMs = 60_000;
/** A conversation, as far as this table has to know it. */
export interface KnownConversation<Run, A extends KeptAnswer> {
  /** All but the last token of its reply subjects. */
  readonly prefix: string;
  /** The token that the broker enforced. */
  readonly caller: string;
  readonly calls: Conversation<Run, A>;
  heardAt: number;
  /** Until then a copy of one of its calls may come. */
  readonly copiesUntil: number;
  /** A copy of something may come for a while after this. */
  expectCopies(until: number): void;
}

export interface ConversationsOptions<Run, A extends KeptAnswer, C extends KnownConversation<Run, A>> {
  /** What a call gets that was cancelled before it came. */
  readonly cancelled: A;
  readonly bounds?: ConversationBounds | undefined;
  /** Answers of one conversation. */
  readonly kept?: KeptBounds | undefined;
  open(prefix: string, caller: string, calls: Conversation<Run, A>): C;
}

/** All that is left of a conversation that was forgotten. */
interface Forgotten {
  readonly prefix: string;
  readonly highest: number;
  readonly until: number;
}

/** Entries that may not go yet are passed over, so many at most. */
const mostPassedOver = 8;

/**
 * The conversations that this process is in. Bounded, for each caller token and in all: whoever makes up reply subjects pushes
 * out its own. Those with calls that run here stay; the mailboxes bound how many those are. Of one that is forgotten the
 * highest number is kept while copies of its calls may come, and where no more of those are kept the caller gets no new one.
 */
export class Conversations<Run, A extends KeptAnswer, C extends KnownConversation<Run, A>> {
  readonly #options: ConversationsOptions<Run, A, C>;
  readonly #bounds: ConversationBounds;
  readonly #open: FairMap<C>;
  readonly #forgotten: FairMap<Forgotten>;
  /** Bytes of answers by caller, of those that have any. */
  readonly #answerBytes = new Map<string, number>();
  #bytesInAll = 0;
  #now = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(options: ConversationsOptions<Run, A, C>) {
    const { bounds = defaultBounds } = options;
    this.#options = options;
    this.#bounds = bounds;
    this.#open = new FairMap({
      inAll: bounds.inAll,
      perOwner: bounds.perCaller,
      mayGo: ({ calls }) => calls.running.size === 0,
      evicted: (conversation) => this.#forget(conversation),
    });
    this.#forgotten = new FairMap({ inAll: bounds.forgottenInAll, perOwner: bounds.forgottenPerCaller });
  }

  get size(): number {
    return this.#open.size;
  }

  /** Of how many only the highest number is known. */
  get forgotten(): number {
    return this.#forgotten.size;
  }

  /** Something was said in it. Undefined where its caller has as many as are remembered and none may be forgotten. */
  heard(prefix: string, caller: string, now: number): C | undefined {
    this.#now = now;
    let conversation = this.#open.use(prefix);
    if (!conversation) {
      if (this.#open.sizeOf(caller) >= this.#bounds.perCaller && !this.#mayForget(caller)) return undefined;
      conversation = this.#begin(prefix, caller);
    }
    conversation.heardAt = now;
    conversation.expectCopies(now);
    if (!this.#hasRoom(caller)) this.#open.shrink(caller, () => this.#hasRoom(caller));
    // Those with calls that run stay, and keep theirs.
    if (!this.#hasRoom(caller)) conversation.calls.forgetAnswers();
    if (this.#bytesInAll > maxAnswerBytes) this.#shrink();
    return conversation;
  }

  known(prefix: string): C | undefined {
    return this.#open.get(prefix);
  }

  /** Forgets those that have been idle for so long that nobody can tell. */
  forgetIdle(now: number): void {
    if (now - this.#lookedAt < lookEveryMs) return;
    this.#lookedAt = now;
    this.#now = now;
    for (const conversation of this.#open.values()) {
      const { calls, heardAt, copiesUntil, prefix } = conversation;
      if (calls.running.size > 0 || now - heardAt <= idleMs || now <= copiesUntil) continue;
      this.#open.delete(prefix);
      calls.forgetAnswers();
    }
  }

  /** Forgets those that nobody can go on with. Nothing runs in them any more. */
  release(isOver: (conversation: C) => boolean): void {
    for (const conversation of this.#open.values()) {
      if (!isOver(conversation)) continue;
      this.#open.delete(conversation.prefix);
      conversation.calls.forgetAnswers();
    }
  }

  #begin(prefix: string, caller: string): C {
    const highest = this.#forgotten.get(prefix)?.highest ?? 0;
    this.#forgotten.delete(prefix);
    const { cancelled, kept } = this.#options;
    const calls = new Conversation<Run, A>({
      cancelled,
      highest,
      bounds: kept,
      grew: (bytes) => this.#count(caller, bytes),
    });
    const conversation = this.#options.open(prefix, caller, calls);
    this.#open.set(prefix, caller, conversation);
    return conversation;
  }

  /** Evicted by the caller's own many it leaves a trace, for which there is room; by those of all, as long as there is. */
  #forget({ prefix, caller, calls, copiesUntil }: C): void {
    calls.forgetAnswers();
    if (copiesUntil < this.#now) return;
    if (this.#mayForget(caller))
      this.#forgotten.set(prefix, caller, { prefix, highest: calls.highest, until: copiesUntil });
  }

  #mayForget(caller: string): boolean {
    if (this.#forgotten.sizeOf(caller) < this.#bounds.forgottenPerCaller) return true;
    for (let passed = 0; passed < mostPassedOver; passed++) {
      const { until, prefix } = this.#forgotten.oldestOf(caller)!;
      if (until < this.#now) return true;
      this.#forgotten.use(prefix);
    }
    return false;
  }

  /** One look at all of them, for as many bytes of answers as lie between the two bounds. */
  #shrink(): void {
    const share = shrunkAnswerBytes / this.#answerBytes.size;
    for (const { caller, calls } of this.#open.values()) {
      if (this.#bytesInAll <= shrunkAnswerBytes) return;
      if ((this.#answerBytes.get(caller) ?? 0) > share) calls.forgetAnswers();
    }
  }

  #hasRoom(caller: string): boolean {
    return (this.#answerBytes.get(caller) ?? 0) <= maxAnswerBytesPerCaller;
  }

  #count(caller: string, bytes: number): void {
    if (bytes === 0) return;
    this.#bytesInAll += bytes;
    const left = (this.#answerBytes.get(caller) ?? 0) + bytes;
    if (left > 0) this.#answerBytes.set(caller, left);
    else this.#answerBytes.delete(caller);
  }
}

import { type ReeveError, reeveError } from "@reeve/contract";
import type { Clock } from "../../base/clock.ts";
import { FairMap } from "../../base/fair-map.ts";
import { isCastDelivery } from "../cast-key.ts";
import { type IdempotencyKey, idempotencyKeyOf, inputDigestOf, keyText, ownerText } from "../idempotency-key.ts";
import type { ReceivedCall } from "./received-call.ts";
import type { Replay, Settlement } from "./replay.ts";
import { StreamReaders } from "./stream-readers.ts";

const defaultCapacity = 4_096;
const defaultKeepMs = 600_000;
const defaultMaxJoined = 1_024;

export interface ReplayMemoryOptions {
  /** Keys kept. Default 4096. */
  readonly capacity?: number | undefined;
  /** How long an answer is kept. Default 10 minutes. */
  readonly keepMs?: number | undefined;
  /** Calls that wait for the answers of others. Default 1024. */
  readonly maxJoined?: number | undefined;
}

/**
 * Remembers the answers of recent idempotency keys of one incarnation, so that a repeated call joins the first one. Whose a
 * key is, `idempotency-key.ts` says: nobody gets somebody else's answer, and where there are too many, whoever has the most
 * loses its oldest answer. One that is not answered yet stays: forgotten, it would run twice. The mailbox bounds how many those are,
 * and this how many wait for them: those take no slot of it.
 */
export class ReplayMemory {
  readonly #clock: Clock;
  readonly #keepMs: number;
  readonly #maxJoined: number;
  readonly #replays: FairMap<KeptReplay>;
  #joined = 0;

  constructor(clock: Clock, options: ReplayMemoryOptions = {}) {
    const { capacity = defaultCapacity, keepMs = defaultKeepMs, maxJoined = defaultMaxJoined } = options;
    this.#clock = clock;
    this.#maxJoined = maxJoined;
    this.#replays = new FairMap({ inAll: capacity, mayGo: ({ settlement }) => settlement !== undefined });
    this.#keepMs = keepMs;
  }

  get size(): number {
    return this.#replays.size;
  }

  /** Whether the call would join an earlier one. */
  has(call: ReceivedCall): boolean {
    const earlier = this.#replays.get(keyText(idempotencyKeyOf(call)));
    return earlier !== undefined && (earlier.settlement === undefined || earlier.until > this.#clock.now());
  }

  /**
   * Whether the call repeats an earlier one, whose answer it then gets, now or when it comes, or fails because its input is
   * another one. Otherwise it is the first.
   */
  joins(call: ReceivedCall): boolean {
    const id = idempotencyKeyOf(call);
    const key = keyText(id);
    const inputDigest = inputDigestOf(call.input);
    const earlier = this.#replays.get(key);
    if (earlier && (earlier.settlement === undefined || earlier.until > this.#clock.now())) {
      if (earlier.inputDigest === inputDigest) this.#join(call, earlier);
      else call.fail(reused(call));
      return true;
    }
    this.#replays.delete(key);
    const until = this.#clock.now() + this.#keepMs;
    const readers = call.offered?.operation.kind === "stream" ? new StreamReaders(this.#clock) : undefined;
    readers?.add(call);
    const replay = new KeptReplay(this, id, inputDigest, call, until, readers);
    call.replay = replay;
    this.#replays.set(key, ownerText(id), replay);
    return false;
  }

  /** The first call did not run after all: the key is free again. Returns the calls that had joined it. */
  forget(first: ReceivedCall): readonly ReceivedCall[] {
    const replay = first.replay as KeptReplay;
    replay.part();
    return this.freed(replay);
  }

  /** The key is free again. Returns the calls that had joined its first. */
  freed(replay: KeptReplay): readonly ReceivedCall[] {
    const key = keyText(replay.id);
    if (this.#replays.get(key) === replay) this.#replays.delete(key);
    return this.released(replay);
  }

  /** Nothing that is not settled by now ever will be. Returns the calls that wait for it. */
  close(): ReceivedCall[] {
    const waiting = [...this.#replays.values()].flatMap((replay) => this.released(replay));
    this.#replays.clear();
    return waiting;
  }

  #join(call: ReceivedCall, earlier: KeptReplay): void {
    const { settlement } = earlier;
    call.join();
    if (!settlement && this.#joined >= this.#maxJoined) return call.fail(this.#full(call));
    if (!settlement && outlives(earlier, call)) return call.fail(stillRuns(call));
    call.accept();
    if (settlement) return answer(call, settlement);
    for (let link = call.parent; link; link = link.parent) {
      // It would wait for itself.
      if (link === earlier.first) {
        const message = `${call.manager}: ${call.operation.name}: its own chain runs under the same idempotency key`;
        return call.fail(reeveError("REENTRANT", message));
      }
    }
    earlier.joined.add(call);
    this.#joined += 1;
    call.onDetach(() => this.#left(call, earlier));
    earlier.readers?.add(call);
  }

  /** It waits no longer: who joins and leaves, again and again, leaves nothing behind. */
  #left(call: ReceivedCall, earlier: KeptReplay): void {
    if (!earlier.joined.delete(call)) return;
    this.#joined -= 1;
    earlier.readers?.remove(call);
  }

  /** Those that still wait for it, and do so no longer. */
  released({ joined }: KeptReplay): readonly ReceivedCall[] {
    const calls = [...joined];
    joined.clear();
    this.#joined -= calls.length;
    return calls;
  }

  #full({ manager, operation }: ReceivedCall): ReeveError {
    const message = `${manager}: ${operation.name}: ${this.#joined} calls wait already for the answers of others under their idempotency keys; try again later`;
    return reeveError("MAILBOX_FULL", message, {
      data: { queued: this.#joined, retryAfterMs: 100 },
      // The earlier one may run: nobody else may be asked for the same.
      outcome: "maybe-executed",
    });
  }
}

/** One idempotency key: the call that came first with it, and those that repeat it. */
class KeptReplay implements Replay {
  readonly id: IdempotencyKey;
  readonly inputDigest: string;
  readonly until: number;
  /** Let go of, with its input, once it has ended. */
  first: ReceivedCall | undefined;
  readers: StreamReaders | undefined;
  settlement: Settlement | undefined = undefined;
  /** Wait for the first one's answer. */
  readonly joined = new Set<ReceivedCall>();
  readonly #memory: ReplayMemory;

  constructor(
    memory: ReplayMemory,
    id: IdempotencyKey,
    inputDigest: string,
    first: ReceivedCall,
    until: number,
    readers: StreamReaders | undefined,
  ) {
    this.#memory = memory;
    this.id = id;
    this.inputDigest = inputDigest;
    this.first = first;
    this.until = until;
    this.readers = readers;
  }

  settle(settlement: Settlement): void {
    this.part();
    this.settlement = settlement;
    this.readers = undefined;
    for (const call of this.#memory.released(this)) answer(call, settlement);
  }

  release(settlement: Settlement): void {
    this.part();
    for (const call of this.#memory.freed(this)) answer(call, settlement);
  }

  /** The key and the call that came first with it have to do with each other no more. */
  part(): void {
    this.first!.replay = undefined;
    this.first = undefined;
  }
}

/** Work that goes on after its own deadline may take days: whoever delivers a durable cast is to know that, and not to wait in vain. */
function outlives({ first }: KeptReplay, { offered, idempotencyKey }: ReceivedCall): boolean {
  if (first?.abortReason === undefined || offered === undefined) return false;
  return isCastDelivery({ operation: offered.operation, idempotencyKey });
}

function stillRuns({ manager, operation, idempotencyKey }: ReceivedCall): ReeveError {
  const message = `${manager}: ${operation.name}: it still runs under ${JSON.stringify(idempotencyKey)}, past its own timeout; ask again later`;
  return reeveError("DUPLICATE_KEY", message, { data: { state: "running" }, retryable: true });
}

function answer(call: ReceivedCall, settlement: Settlement): void {
  if (settlement.ok) call.succeed(settlement.value);
  else call.fail(settlement.error);
}

function reused({ manager, operation, idempotencyKey }: ReceivedCall): ReeveError {
  return reeveError(
    "INVALID_INPUT",
    `${manager}: ${operation.name}: idempotencyKey: ${JSON.stringify(idempotencyKey)} was used with another input; a new call needs a new key`,
  );
}

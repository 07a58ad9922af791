import { type DurableCastOptions, type ReeveError, reeveError } from "@reeve/contract";
import { describeIssues, issuesOf } from "@reeve/contract/internal";
import type { Clock } from "../base/clock.ts";
import type { Ids } from "../base/ids.ts";
import type { Random } from "../base/random.ts";
import type { Served } from "../rpc/callee/served.ts";
import type { CastKeeper } from "../rpc/caller/cast-keeper.ts";
import type { Client } from "../rpc/caller/client.ts";
import { afterMs } from "../rpc/caller/durable-cast-options.ts";
import type { Binding } from "../rpc/caller/routed-call.ts";
import type { Travelling } from "../rpc/wire/travelling.ts";
import { type Database, decodePlain, encodePlain, type Session, type TransactionHook } from "../store/index.ts";
import { digestPlain } from "../store/plain-data.ts";
import type { Logger } from "../telemetry/index.ts";
import { type CastHolder, CastRows } from "./cast-rows.ts";
import { ClientSender } from "./cast-sender.ts";
import { Relay, type RelayOptions } from "./relay.ts";

/** How what casts writes. */
export interface CastWriter {
  /** Runs `body` in a transaction of its own, under its fence. */
  transact(body: (session: Session) => Promise<void>): Promise<void>;
  /** The session under an open transaction of its own. @throws ReeveError `STORE_MISUSE` when it is another's */
  sessionOf(tx: object): Session;
}

export interface OutboxOptions extends Pick<RelayOptions, "fence" | "concurrency" | "paused" | "onFenced"> {
  readonly database: Database;
  readonly holder: CastHolder;
  /** The host that it is of. */
  readonly host: string;
  readonly client: Client;
  /** Says what cannot travel to another process. */
  readonly travelling: Travelling;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: Random;
  readonly log: Logger;
}

interface Checked {
  /** The input, as it is stored. */
  readonly text: string;
  /** As the contract names it. */
  readonly lane: string | null;
}

/** Longer names of lanes are kept as their hash. */
const longestLane = 200;
const bounded = { timeoutMs: 10_000 };

/** The durable casts of one holder: keeps them in the transactions of those that cast, and has a relay deliver them. */
export class Outbox {
  /** Belongs into the store of the incarnation that casts in its transactions. */
  readonly hook: TransactionHook;
  readonly #options: OutboxOptions;
  readonly #rows: CastRows;
  readonly #relay: Relay;
  /** Open transactions that hold casts, each with its last one. */
  readonly #sessions = new WeakMap<Session, Promise<void>>();

  constructor(options: OutboxOptions) {
    const { database, holder, client } = options;
    this.#options = options;
    this.#rows = new CastRows(database, holder);
    const peer = holder.manager === hostHolder ? holder.address : `${holder.manager}/${holder.address}`;
    this.#relay = new Relay({
      ...options,
      turn: client.turn,
      rows: this.#rows,
      sender: new ClientSender(client, peer, decodePlain),
    });
    this.hook = {
      ended: (session) => {
        if (this.#sessions.delete(session)) this.#relay.wake();
      },
    };
  }

  start(): void {
    this.#relay.start();
  }

  /** What kept it from sending may be over. */
  wake(): void {
    this.#relay.wake();
  }

  /** An operator has changed something. */
  reload(): void {
    this.#relay.reload();
  }

  arrived(manager: string): void {
    this.#relay.arrived(manager);
  }

  drained(): Promise<void> {
    return this.#relay.drained();
  }

  close(reason: unknown): void {
    this.#relay.close(reason);
  }

  /** Whether another address of the same manager holds casts. */
  hasLeft(address: string): Promise<boolean> {
    return this.#rows.hasSome(address);
  }

  /**
   * Takes over the casts of another address of the same manager, whose epoch was raised before. Of all who try, one has them.
   * Resolves with their number.
   *
   * @param stays whether that address stays fenced until the commit: who has come back there delivers them itself
   */
  async takeOver(address: string, stays: (session: Session) => Promise<boolean>): Promise<number> {
    const { database, fence, host } = this.#options;
    let taken: number | undefined;
    try {
      taken = await database.write(async (session) => {
        await fence.begin?.(session);
        if (!(await stays(session))) return 0;
        await this.#rows.interrupt(session, address);
        return this.#rows.adopt(session, address, host);
      }, bounded);
    } finally {
      // Where it failed it may have been committed all the same, and nobody else looks for what is this one's.
      if (taken !== 0) this.#relay.reload();
    }
    return taken;
  }

  /** Keeps what is cast by one writer. */
  keeper(writer: CastWriter): CastKeeper {
    return { keep: (...cast) => this.#keep(writer, ...cast) };
  }

  async #keep(writer: CastWriter, binding: Binding, served: Served, input: unknown, options: DurableCastOptions) {
    requireAddress(binding, served);
    const checked = this.#check(served, input);
    const insert = async (session: Session) => this.#insert(session, binding, served, await checked, options);
    // Another one may be before it, and this one not looked at for long.
    checked.catch(() => {});
    if (options.tx !== undefined) return this.#follow(writer.sessionOf(options.tx), insert);
    await checked;
    return writer.transact(insert).finally(() => this.#relay.wake());
  }

  /** One after the other, as they were cast: two that read the last place of their lane at once would take the same one. */
  #follow(session: Session, insert: (session: Session) => Promise<void>): Promise<void> {
    const before = this.#sessions.get(session) ?? Promise.resolve();
    const inserted = before.then(() => insert(session));
    this.#sessions.set(
      session,
      inserted.catch(() => {}),
    );
    return inserted;
  }

  /** Refused here, it never becomes a dead letter. */
  async #check(served: Served, input: unknown): Promise<Checked> {
    const problem = this.#options.travelling.problemOf(input);
    if (problem !== undefined) throw invalid(served, `its input cannot be sent: ${problem}`);
    const text = encodePlain(`input of ${served.operation.name}`, input);
    return { text, lane: laneIn(served, await parse(served, input)) };
  }

  async #insert(
    session: Session,
    { origin, address }: Binding,
    { contract, operation }: Served,
    { text, lane: named }: Checked,
    options: DurableCastOptions,
  ): Promise<void> {
    const { holder, host, ids, clock } = this.#options;
    const dueAt = await dueAtOf(session, options);
    const lane = named === null ? null : laneOf([origin.peer, contract.name, address ?? "", named]);
    const joined = lane === null || dueAt !== null ? undefined : await this.#rows.lanes.next(session, lane);
    const place = joined?.place ?? null;
    const id = ids();
    await this.#rows.insert(session, {
      ...(joined?.holder ?? { holderManager: holder.manager, holderAddress: holder.address, host }),
      ...{ id, key: id, sender: origin.peer },
      ...{ manager: contract.name, major: contract.major, operation: operation.name, at: address ?? null },
      ...{ lane, place, dueAt, state: "waiting", nextAt: dueAt ?? (place ? null : 0) },
      terms: {
        ...{ minor: contract.minor, sinceMinor: operation.sinceMinor, route: operation.route },
        ...{ timeoutMs: operation.timeoutMs, onDeadLetter: operation.onDeadLetter, lane: named },
      },
      input: text,
      principal: origin.principal,
      requestId: origin.requestId ?? ids(),
      createdAt: new Date(clock.wallNow()),
    });
  }
}

/** The holder's manager of what no incarnation with a store casts; its address is the host. */
export const hostHolder = "host";

async function dueAtOf(session: Session, { after, at }: DurableCastOptions): Promise<number | null> {
  if (at !== undefined) return Math.max(1, at.getTime());
  if (after === undefined) return null;
  return Math.ceil(await session.now()) + afterMs("after", after);
}

function laneOf(parts: readonly string[]): string {
  const text = JSON.stringify(parts);
  return text.length > longestLane ? digestPlain("lane", text) : text;
}

async function parse(served: Served, input: unknown): Promise<unknown> {
  const validated = served.input.validate(input);
  const parsed = validated instanceof Promise ? await validated : validated;
  if (!parsed.issues) return parsed.value;
  const issues = issuesOf(parsed.issues);
  throw invalid(served, describeIssues(issues), issues);
}

function laneIn(served: Served, parsed: unknown): string | null {
  const { lane } = served.operation;
  if (lane === undefined) return null;
  const named: unknown = lane(parsed);
  if (typeof named === "string") return named;
  throw invalid(served, `its lane must be text, not ${typeof named}`);
}

function invalid(
  { contract, operation }: Served,
  problem: string,
  issues: ReturnType<typeof issuesOf> = [{ path: "", message: problem }],
): ReeveError {
  const message = `${contract.name}: ${operation.name}: ${problem}`;
  return reeveError("INVALID_INPUT", message, { data: { issues }, outcome: "never-sent" });
}

function requireAddress({ address }: Binding, { contract, operation }: Served): void {
  if (operation.route !== "address" || address !== undefined) return;
  throw reeveError(
    "INVALID_OPTION",
    `${contract.name}: ${operation.name}: its route is "address"; cast it through .at(address)`,
    { outcome: "never-sent" },
  );
}

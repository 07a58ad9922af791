import type { ReeveError } from "@reeve/contract";
import { type Clock, sinceBoot } from "../base/clock.ts";
import type { Cause, CauseReason } from "../lifecycle/cause.ts";
import { type Announcement, type Claim, yields } from "../registry/membership/index.ts";
import type { ServedManager } from "../rpc/remote/server/endpoint.ts";
import type { Logger } from "../telemetry/index.ts";

/** Told what becomes of a claim. May be told before it has been returned. */
export interface ClaimPort {
  /** Whether its store knows of no newer incarnation. */
  isCurrent(): Promise<boolean>;
  /** A newer incarnation of the same store runs elsewhere: this one is over. */
  onFenced(error: ReeveError): void;
  onRefused(cause: Cause): void;
  onAllowed(reason: CauseReason): void;
}

interface OwnClaimOptions {
  readonly manager: ServedManager;
  readonly sender: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly announcement: Pick<Announcement, "setHeld">;
  readonly port: ClaimPort;
}

/** What one incarnation of this process says of its address, and whether that stands. */
export class OwnClaim {
  readonly manager: ServedManager;
  /** Resolves when it is first known whether another process holds the address, or with the end. */
  readonly decided: Promise<void>;
  readonly #options: OwnClaimOptions;
  readonly #decide: () => void;
  #heldSince: number | undefined;
  #lostTo: string | undefined;
  #doubted = false;
  /** Somebody else has held the address since this process stood still. */
  #taken = false;
  /** It was said in vain that it is superseded; told once. */
  #disproved = false;
  #over = false;

  constructor(options: OwnClaimOptions) {
    this.#options = options;
    this.manager = options.manager;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.decided = promise;
    this.#decide = resolve;
  }

  /** Whether the address is this incarnation's. */
  get held(): boolean {
    return this.#heldSince !== undefined;
  }

  /**
   * Another process says that a newer incarnation of the same store runs there. Ends this one if the store says so too, and
   * resolves with whether it is over: anybody may say anything of an epoch.
   */
  async superseded(error: ReeveError): Promise<boolean> {
    if (this.#over) return true;
    const { port, log } = this.#options;
    // A store that cannot be asked lets nobody write either.
    const current = await port.isCurrent().catch(() => true);
    if (this.#over) return true;
    if (!current) {
      this.end();
      port.onFenced(error);
      return true;
    }
    if (!this.#disproved) {
      const data = error.data as object;
      log.warn(
        { manager: this.manager.key, ...data },
        "a newer incarnation was announced that the store does not know of; ignored",
      );
    }
    this.#disproved = true;
    return false;
  }

  /** It is held from now on, if at all. */
  renew(): void {
    if (!this.#over) this.#hold(undefined);
  }

  /**
   * Somebody may have taken the address while this process stood still: no call is taken until that is known. For how long it was held before
   * that counts for nothing: others have given it away by then, and calls that lie here may have run there.
   */
  doubt(message: string): void {
    if (this.#over || !this.held) return;
    this.#doubted = true;
    this.#hold(sinceBoot(this.#options.clock));
    this.#options.port.onRefused({ reason: "STOOD_STILL", message });
  }

  /** Another process says that it holds the address, or did. */
  heldElsewhere(): void {
    this.#taken ||= this.#doubted;
  }

  /**
   * Weighs it against those of other stores. Returns whether somebody else held the address while it was in doubt, even if they have left:
   * what came meanwhile is theirs.
   *
   *
   * @param lapsedAt what was held since before that, others have taken for free
   */
  decide(others: readonly Claim[], lapsedAt: number): boolean {
    if (this.#over) return false;
    const { sender, port } = this.#options;
    const { store } = this.manager;
    const taken = this.#taken;
    this.#taken = false;
    if (taken || (this.#heldSince !== undefined && this.#heldSince < lapsedAt)) this.#hold(undefined);
    const mine: Claim = { sender, store, heldSince: this.#heldSince };
    const winner = others.find((other) => yields(mine, other));
    if (winner) this.#lose(winner);
    else this.#win();
    if (this.#doubted) {
      this.#doubted = false;
      port.onAllowed("STOOD_STILL");
    }
    this.#decide();
    return taken;
  }

  end(): void {
    this.#over = true;
    this.#decide();
  }

  #win(): void {
    if (this.#heldSince === undefined) this.#hold(sinceBoot(this.#options.clock));
    if (this.#lostTo === undefined) return;
    this.#lostTo = undefined;
    this.#options.log.info({ manager: this.manager.key }, "nobody else holds the address any more");
    this.#options.port.onAllowed("ADDRESS_CLAIMED");
  }

  #lose({ sender }: Claim): void {
    this.#hold(undefined);
    if (this.#lostTo === sender) return;
    this.#lostTo = sender;
    const message =
      `process ${sender} holds ${this.manager.key}, with a store of its own; stop one of the two, or give one of them ` +
      "another host name or backend: this one serves when the other is gone";
    this.#options.log.warn({ manager: this.manager.key, holder: sender }, message);
    this.#options.port.onRefused({ reason: "ADDRESS_CLAIMED", message });
  }

  #hold(since: number | undefined): void {
    if (this.#heldSince === since) return;
    this.#heldSince = since;
    this.#options.announcement.setHeld(since);
  }
}

import type { Contract, Schema } from "@reeve/contract";
import type { CompiledOperation } from "@reeve/contract/internal";
import { Served } from "../rpc/callee/served.ts";
import type { Client } from "../rpc/caller/client.ts";
import type { Binding } from "../rpc/caller/routed-call.ts";
import { castKeyOf } from "../rpc/cast-key.ts";
import { answered, type Delivery, deliveryOf } from "./cast-event.ts";
import type { CastRow } from "./cast-store.ts";

/** Where a cast goes. */
export interface CastPlace {
  readonly address: string;
  /** The store that its key will be kept in, where that is known. */
  readonly store: string | null;
}

/** What a delivery carries beside its cast. */
export interface Carried {
  /** Keys that their callee may forget. */
  readonly acknowledges: readonly string[];
  readonly signal: AbortSignal;
}

/** Finds who takes a cast, and calls it. */
export interface CastSender {
  /** Where it goes now; undefined where nobody is there, or what makes that hopeless. Never rejects. */
  place(row: CastRow): Promise<CastPlace | Delivery | undefined>;
  /** Calls it under its key, once. Never rejects. */
  send(row: CastRow, carried: Carried): Promise<Delivery>;
}

/** Its callee knows what it accepts. */
const anything: Schema = {
  "~standard": { version: 1, vendor: "reeve", validate: (value: unknown) => ({ value }) },
} as Schema;

const most = 1_000;

/** Sends through the client of a host, as an ordinary call to one address. */
export class ClientSender implements CastSender {
  readonly #client: Client;
  readonly #peer: string;
  readonly #decode: (text: string) => unknown;
  readonly #served = new Map<string, Served>();

  /** @param peer who calls: `manager/address`, or the host */
  constructor(client: Client, peer: string, decode: (text: string) => unknown) {
    this.#client = client;
    this.#peer = peer;
    this.#decode = decode;
  }

  async place(row: CastRow): Promise<CastPlace | Delivery | undefined> {
    const fixed = row.address ?? undefined;
    try {
      const binding = this.#bindingOf(row, fixed ?? row.at ?? undefined);
      const served = this.#servedOf(row);
      const input = this.#decode(row.input);
      const found = await this.#client.place(binding, served, input);
      if (found) return { address: found.address, store: found.store ?? null };
      if (!row.uncertain || row.store === null || row.at === fixed) return undefined;
      // Who has its key is gone; whoever has the same store knows it as well.
      const heir = await this.#client.place({ ...binding, address: row.at ?? undefined }, served, input);
      return heir?.store === row.store ? { address: heir.address, store: heir.store } : undefined;
    } catch (error) {
      return deliveryOf(error);
    }
  }

  async send(row: CastRow, { acknowledges, signal }: Carried): Promise<Delivery> {
    try {
      const binding = this.#bindingOf(row, row.address!);
      const idempotencyKey = castKeyOf(row.key);
      const input = this.#decode(row.input);
      await this.#client.carry(binding, this.#servedOf(row), input, { idempotencyKey, acknowledges, signal });
      return answered;
    } catch (error) {
      return deliveryOf(error);
    }
  }

  #bindingOf({ manager, major, principal, requestId }: CastRow, address: string | undefined): Binding {
    const origin = {
      ...{ peer: this.#peer, principal, requestId },
      ...{ deadlineAt: Number.POSITIVE_INFINITY, link: undefined, waits: true },
    };
    return { origin, targets: this.#client.targetsOf({ name: manager, major }), address };
  }

  #servedOf({ manager, major, operation, terms }: CastRow): Served {
    const key = JSON.stringify([manager, major, operation, terms]);
    let served = this.#served.get(key);
    if (!served) {
      served = servedAs(manager, major, operationOf(operation, terms), terms.minor);
      if (this.#served.size >= most) this.#served.clear();
      this.#served.set(key, served);
    }
    return served;
  }
}

function servedAs(name: string, major: number, operation: CompiledOperation, minor: number): Served {
  const operations = new Map([[operation.name, operation]]);
  const contract = { name, major, minor, version: `${major}.${minor}`, operations } as unknown as Contract;
  return new Served(contract, operation);
}

/** As a call that is answered when it has been carried out. */
function operationOf(name: string, { route, sinceMinor, timeoutMs }: CastRow["terms"]): CompiledOperation {
  return {
    ...{ name, kind: "call", route, input: anything, output: undefined, progress: undefined },
    ...{ errors: new Map(), sinceMinor, timeoutMs, lane: undefined, idempotent: false, paged: false },
    ...{ dedupe: "store", durable: false, onDeadLetter: "stop", roles: undefined },
  };
}

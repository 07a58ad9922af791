import { type Address, addressOf, textOf } from "./addresses/address.ts";
import { type Block, blockOf, hostsOf } from "./addresses/block.ts";
import { eui64 } from "./addresses/eui64.ts";
import { holds, merged, type Range, sizeOf } from "./addresses/range.ts";
import type { SubnetRow } from "./store.ts";

/** Which addresses of a subnet a port can have, as numbers: what its row says. */
export class SubnetLayout {
  readonly id: string;
  readonly cidr: string;
  readonly block: Block;
  readonly #row: SubnetRow;
  // Read when they are asked for: of most of a network's subnets only the block is.
  #pools: readonly Range[] | undefined;
  #reserved: readonly bigint[] | undefined;

  constructor(row: SubnetRow) {
    this.id = row.id;
    this.cidr = row.cidr;
    this.block = blockOf(row.cidr);
    this.#row = row;
  }

  /** Where addresses are taken from when none is named. */
  get pools(): readonly Range[] {
    this.#pools ??= merged(
      this.#row.pools.map(({ first, last }) => ({ first: numberOf(first), last: numberOf(last) })),
    );
    return this.#pools;
  }

  contains({ version, value }: Address): boolean {
    return version === this.block.version && holds(this.block, value);
  }

  /** Why a port cannot have an address of this subnet; undefined when it can. */
  whyNot(value: bigint, mac: string): string | undefined {
    const special = whyNoHost(this.block, value);
    if (special !== undefined) return special;
    const { gateway } = this.#row;
    if (gateway !== null && value === numberOf(gateway)) return "it is the gateway's";
    if (this.#reservedNumbers.includes(value)) return "it is reserved";
    const own = this.made(mac);
    if (own === undefined || own === value) return undefined;
    return `addresses of this subnet are made from MACs: ${mac} makes ${this.textOf(own)}`;
  }

  /** The one address that a port with this MAC has here; undefined where addresses are not made from MACs. */
  made(mac: string): bigint | undefined {
    return this.#row.addressMode === "eui64" ? eui64(this.block, mac) : undefined;
  }

  /** How many of a range no port ever gets. */
  reservedIn(range: Range): bigint {
    return BigInt(this.#reservedNumbers.filter((value) => holds(range, value)).length);
  }

  /** How many addresses the pools offer. */
  get size(): bigint {
    return this.pools.reduce((sum, pool) => sum + sizeOf(pool) - this.reservedIn(pool), 0n);
  }

  textOf(value: bigint): string {
    return textOf(this.address(value));
  }

  address(value: bigint): Address {
    return { version: this.block.version, value };
  }

  get #reservedNumbers(): readonly bigint[] {
    this.#reserved ??= this.#row.reserved.map(numberOf);
    return this.#reserved;
  }
}

/** Why no host can have this address of a block; undefined when one can. */
export function whyNoHost(block: Block, value: bigint): string | undefined {
  if (holds(hostsOf(block), value)) return undefined;
  if (value !== block.first) return "it is the broadcast address";
  return block.version === 4 ? "it is the network's own address" : "it is the subnet-router anycast address";
}

function numberOf(text: string): bigint {
  return addressOf(text).value;
}

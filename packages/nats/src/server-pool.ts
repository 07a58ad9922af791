import { isIP } from "node:net";
import type { Random } from "@reeve/runtime/transport";
import { parseServer, type ServerAddress } from "./server-address.ts";

/** The brokers to try: those configured, and those that the cluster told of. */
export class ServerPool {
  readonly #configured: readonly ServerAddress[];
  readonly #random: Random;
  #learnt: readonly ServerAddress[] = [];
  #left: string | undefined;

  constructor(configured: readonly ServerAddress[], random: Random) {
    this.#configured = configured;
    this.#random = random;
  }

  /** What the cluster says now replaces what it said before; the configured stay. */
  learn(listens: readonly string[]): void {
    const known = new Set(this.#configured.map(({ listen }) => listen));
    const tls = this.#configured.some((address) => address.tls);
    const tlsName = this.#configured.find(({ host }) => isIP(host) === 0)?.host;
    this.#learnt = listens
      .map((listen) => ({ ...parseServer("connect_urls", listen), tls, tlsName }))
      .filter(({ listen }) => !known.has(listen));
  }

  /** The link to this one just broke: it is tried last. */
  left(address: ServerAddress): void {
    this.#left = address.listen;
  }

  /** Everything once, shuffled, so that clients of one cluster spread. */
  round(): readonly ServerAddress[] {
    const all = [...this.#configured, ...this.#learnt];
    for (let i = all.length - 1; i > 0; i--) {
      const j = Math.floor(this.#random() * (i + 1));
      [all[i], all[j]] = [all[j] as ServerAddress, all[i] as ServerAddress];
    }
    return all.sort((a, b) => Number(a.listen === this.#left) - Number(b.listen === this.#left));
  }
}

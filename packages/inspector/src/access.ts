import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { type CompiledOptions, isLoopback } from "./options.ts";

/** What a viewer may do: `look`, or `act` as well. */
export type Right = "look" | "act";

export type Admission = { readonly right: Right } | { readonly status: 401 | 403; readonly message: string };

/** Decides who may watch. A page from elsewhere is refused, however it came by the token. */
export class Access {
  readonly #options: CompiledOptions;

  constructor(options: CompiledOptions) {
    this.#options = options;
  }

  /** @param token as the viewer gave it */
  admit({ headers }: Pick<IncomingMessage, "headers">, token: string | null): Admission {
    const { origin, host = "" } = headers;
    if (!this.isOwnHost(host)) return { status: 403, message: `This inspector does not go by the name of ${host}` };
    if (origin !== undefined && !this.#isWelcome(origin, host)) {
      return { status: 403, message: `Pages from ${origin} may not watch; list it in the inspector's origins` };
    }
    if (same(token, this.#options.token)) return { right: "act" };
    if (same(token, this.#options.viewToken)) return { right: "look" };
    return { status: 401, message: "The token is missing or wrong; open the address that the supervisor printed" };
  }

  /** A name that somebody else's DNS points at a loopback address is refused. */
  isOwnHost(host: string): boolean {
    if (!isLoopback(this.#options.hostname)) return true;
    return URL.canParse(`http://${host}`) && isLoopback(new URL(`http://${host}`).hostname);
  }

  #isWelcome(origin: string, host: string): boolean {
    if (this.#options.origins.has(origin)) return true;
    return URL.canParse(origin) && new URL(origin).host === host;
  }
}

/** Compares digests: neither length nor content of the right one shows in the time it takes. */
function same(given: string | null, right: string | undefined): boolean {
  if (given === null || right === undefined) return false;
  return timingSafeEqual(digest(given), digest(right));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

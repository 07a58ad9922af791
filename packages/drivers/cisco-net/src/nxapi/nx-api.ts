import { after, type DeviceClock } from "../clock.ts";
import { type Link, type LinkAnswer, LinkError } from "./link.ts";
import { RequestFailure } from "./request-failure.ts";
import { type Command, type CommandAnswer, decodeRpc, encodeRpc } from "./rpc.ts";

export interface NxApiOptions {
  readonly link: Link;
  readonly clock: DeviceClock;
  /** Names the switch in messages; holds no secret. */
  readonly name: string;
  readonly username: string;
  readonly password: string;
}

export interface RunOptions {
  readonly timeoutMs: number;
  /** Ends the waiting early; the switch may go on. */
  readonly signal?: AbortSignal | undefined;
}

const cookieName = "nxapi_auth";
/** What a switch says that has no session left for one more client. */
const sessionsExhausted = /\bsession/i;

/**
 * Runs commands on a switch by NX-API. The password goes along only where no cookie does, because each check of it takes the
 * switch long and one of its few sessions; neither is ever part of a message.
 */
export class NxApi {
  readonly name: string;
  readonly #link: Link;
  readonly #clock: DeviceClock;
  readonly #authorization: string;
  #cookie: string | undefined;

  constructor({ link, clock, name, username, password }: NxApiOptions) {
    this.name = name;
    this.#link = link;
    this.#clock = clock;
    this.#authorization = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  }

  /**
   * One request; never sent again, but for a refused cookie.
   *
   * @returns an answer for each command
   * @throws RequestFailure when there are none
   */
  async run(commands: readonly Command[], { timeoutMs, signal }: RunOptions): Promise<readonly CommandAnswer[]> {
    const controller = new AbortController();
    const stop = after(this.#clock, timeoutMs, () => controller.abort(new Error(`no answer within ${timeoutMs} ms`)));
    const onAbort = () => controller.abort(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    if (signal?.aborted) onAbort();
    try {
      return this.#answersOf(await this.#exchange(encodeRpc(commands), controller.signal), commands.length);
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      throw new RequestFailure("UNAVAILABLE", `${this.name}: ${error.message}`, {
        perhapsRun: error.sent,
        broken: error.sent && !controller.signal.aborted,
      });
    } finally {
      stop();
      signal?.removeEventListener("abort", onAbort);
    }
  }

  close(): Promise<void> {
    return this.#link.close();
  }

  /** A login that is refused was refused before the commands were looked at. */
  async #exchange(body: string, signal: AbortSignal): Promise<LinkAnswer> {
    const cookie = this.#cookie;
    let answer = await this.#post(body, signal, cookie);
    if (cookie !== undefined && isUnauthorized(answer)) {
      if (this.#cookie === cookie) this.#cookie = undefined;
      answer = await this.#post(body, signal, undefined);
    }
    const given = answer.cookies.map((one) => one.split(";", 1)[0]!).find((one) => one.startsWith(`${cookieName}=`));
    if (given !== undefined) this.#cookie = given;
    return answer;
  }

  #post(body: string, signal: AbortSignal, cookie: string | undefined): Promise<LinkAnswer> {
    const headers = {
      "content-type": "application/json-rpc",
      ...(cookie === undefined ? { authorization: this.#authorization } : { cookie }),
    };
    return this.#link.post({ headers, body, signal });
  }

  #answersOf(answer: LinkAnswer, commands: number): readonly CommandAnswer[] {
    const { status, text } = answer;
    const failed = (message: string) => `${this.name}: ${message}`;
    if (isUnauthorized(answer))
      throw new RequestFailure("UNAUTHENTICATED", failed(`it refused the login (HTTP ${status})`), {
        perhapsRun: false,
      });
    // The body first: a switch answers a refused command by HTTP 500 with an answer of JSON-RPC in it.
    const read = decodeRpc(text, commands);
    if (read.kind === "answers") return read.answers;
    if (read.kind === "rejected") {
      const full = sessionsExhausted.test(read.text);
      const code = full ? "RESOURCE_EXHAUSTED" : "INTERNAL";
      throw new RequestFailure(code, failed(`it refused the request: ${read.text}`), {
        perhapsRun: false,
        retryable: full,
      });
    }
    if (status === 413)
      throw new RequestFailure("RESOURCE_EXHAUSTED", failed("the request is too large"), { perhapsRun: false });
    if (status >= 404 && status < 500)
      throw new RequestFailure("FAILED_PRECONDITION", failed(`HTTP ${status}: NX-API is not there; feature nxapi?`), {
        perhapsRun: false,
      });
    throw new RequestFailure("UNAVAILABLE", failed(`HTTP ${status} with ${read.text}`), { perhapsRun: true });
  }
}

function isUnauthorized({ status }: LinkAnswer): boolean {
  return status === 401 || status === 403;
}

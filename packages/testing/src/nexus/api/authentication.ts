import { randomBytes } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { NexusAudit } from "../audit.ts";
import type { Device } from "../device/device.ts";

const cookieMs = 600_000;
const cookieName = "nxapi_auth";

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Whether a request is let in, and the cookie that saves the next ones the password. */
export type Admission = { readonly admitted: false } | { readonly admitted: true; readonly cookie?: string };

/** HTTP basic through PAM, or the cookie that it gave, which lasts 600 s whether it is used or not. */
export class Authentication {
  readonly #device: Device;
  readonly #audit: NexusAudit;
  readonly #credentials: Credentials;
  readonly #cookies = new Map<string, number>();

  constructor(device: Device, audit: NexusAudit, credentials: Credentials) {
    this.#device = device;
    this.#audit = audit;
    this.#credentials = credentials;
  }

  async admit(headers: IncomingHttpHeaders): Promise<Admission> {
    if (this.#hasCookie(headers.cookie)) return { admitted: true };
    if (headers.authorization === undefined) return { admitted: false };
    this.#audit.countLogin();
    await this.#device.pass(this.#device.delays.login);
    const { username, password } = this.#credentials;
    const expected = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
    if (headers.authorization !== expected) return { admitted: false };
    const cookie = randomBytes(18).toString("base64url");
    this.#cookies.set(cookie, this.#device.clock.now() + cookieMs);
    return { admitted: true, cookie: `${cookieName}=${cookie}; Secure; HttpOnly;` };
  }

  /** No cookie outlives a start of the switch. */
  forget(): void {
    this.#cookies.clear();
  }

  #hasCookie(header = ""): boolean {
    const value = header
      .split(/; */)
      .find((pair) => pair.startsWith(`${cookieName}=`))
      ?.slice(cookieName.length + 1);
    const until = value === undefined ? undefined : this.#cookies.get(value);
    return until !== undefined && this.#device.clock.now() < until;
  }
}

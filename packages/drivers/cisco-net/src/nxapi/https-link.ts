import { Pool } from "undici";
import { type Link, LinkError } from "./link.ts";

export interface HttpsTarget {
  readonly url: string;
  readonly ca: string | undefined;
}

/** One connection for the lane, one beside it for checks and saves: a switch has few sessions. */
const connections = 2;
const keepAliveMs = 60_000;
const connectMs = 10_000;
/** All that a switch can have, 4,094 VLANs with their ports, is about 2 MB. */
const largestAnswer = 64 * 2 ** 20;

/** What is told of before a byte of a request has left. */
const neverSent: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);
const badCertificate = /^(CERT_|ERR_TLS_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH)/;

/**
 * The way to a switch by HTTPS. The certificate is checked, whatever the environment says.
 *
 * @example
 * ```ts
 * const ciscoNetWithTracing = ciscoNetWith({
 *   connect: (target) => {
 *     const link = httpsLink(target);
 *     return { ...link, post: (request) => traced(() => link.post(request)) };
 *   },
 * });
 * ```
 */
export function httpsLink({ url, ca }: HttpsTarget): Link {
  const { origin, pathname } = new URL(url);
  const path = `${pathname.replace(/\/+$/, "")}/ins`;
  const pool = new Pool(origin, {
    connections,
    pipelining: 1,
    keepAliveTimeout: keepAliveMs,
    // The caller's signal bounds a request.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: largestAnswer,
    connect: { rejectUnauthorized: true, timeout: connectMs, ...(ca === undefined ? {} : { ca }) },
  });
  return {
    async post({ headers, body, signal }) {
      if (signal.aborted) throw new LinkError("no longer wanted", { sent: false, cause: signal.reason });
      try {
        const answer = await pool.request({ path, method: "POST", headers, body, signal });
        return {
          status: answer.statusCode,
          cookies: [answer.headers["set-cookie"] ?? []].flat(),
          text: await answer.body.text(),
        };
      } catch (error) {
        throw linkError(error, signal);
      }
    },
    close: () => pool.destroy(),
  };
}

function linkError(error: unknown, signal: AbortSignal): LinkError {
  if (signal.aborted) return new LinkError("no answer in time", { sent: true, cause: signal.reason });
  const code = codeOf(error);
  if (badCertificate.test(code))
    return new LinkError(`its certificate is not trusted (${code})`, { sent: false, cause: error });
  return new LinkError(`${error instanceof Error ? error.message : String(error)} (${code})`, {
    sent: !neverSent.has(code),
    cause: error,
  });
}

/** Several addresses that were tried in vain are one error with several. */
function codeOf(error: unknown): string {
  const { code, errors } = error as { code?: unknown; errors?: readonly unknown[] };
  if (typeof code === "string") return code;
  return errors?.length ? codeOf(errors[0]) : "unknown";
}

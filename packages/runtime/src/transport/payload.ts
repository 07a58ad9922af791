import { reeveError } from "@reeve/contract";

type Headers = Readonly<Record<string, string>>;

const headerName = /^[!-9;-~]+$/;
const lineBreak = /[\r\n]/;

/**
 * Trims the values, as a broker would hand them on.
 *
 * @throws ReeveError `INVALID_OPTION` for a name that is not printable ASCII without a colon, or a value with a line break
 *
 * @example
 * ```ts
 * const headers = checkHeaders({ "Reeve-Key": " a " }); // { "Reeve-Key": "a" }
 * ```
 */
export function checkHeaders(headers: Headers): Headers {
  const checked: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(headers)) {
    if (!headerName.test(name)) {
      throw reeveError(
        "INVALID_OPTION",
        `headers: expected names of printable ASCII without ":", got ${JSON.stringify(name)}`,
      );
    }
    if (typeof value !== "string" || lineBreak.test(value)) {
      throw reeveError(
        "INVALID_OPTION",
        `headers.${name}: expected text without line breaks, got ${JSON.stringify(value)}`,
      );
    }
    checked[name] = value.trim();
  }
  return Object.freeze(checked);
}

/**
 * What headers take on the wire: `NATS/1.0`, a line each, an empty line.
 *
 * @example
 * ```ts
 * const bytes = data.length + headersBytes({ "Reeve-Key": "a" });
 * ```
 */
export function headersBytes(headers: Headers): number {
  let bytes = 12;
  for (const [name, value] of Object.entries(headers)) bytes += name.length + Buffer.byteLength(value) + 4;
  return bytes;
}

/**
 * @throws ReeveError `PAYLOAD_TOO_LARGE` with `data.bytes` and `data.limitBytes`
 *
 * @example
 * ```ts
 * checkPayload("reeve.call", data.length + headersBytes(headers), 1_048_576);
 * ```
 */
export function checkPayload(subject: string, bytes: number, limitBytes: number): void {
  if (bytes > limitBytes) {
    throw reeveError(
      "PAYLOAD_TOO_LARGE",
      `A message of ${bytes} bytes for ${subject} exceeds the transport's limit of ${limitBytes}; pass a reference, or stream it`,
      { data: { bytes, limitBytes } },
    );
  }
}

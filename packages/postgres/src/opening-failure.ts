import { ReeveError, reeveError } from "@reeve/contract";
import { noRoom } from "./errors.ts";
import type { PostgresSettings } from "./options.ts";
import { PasswordFailure } from "./session-password.ts";

interface Said {
  readonly code?: string;
  readonly message: string;
  readonly severity?: string;
}

/** What may pass by itself: it is worth trying again. */
const passing = new Set(["53100", "53300", "57P03", "57P01", "57P02"]);

/** Why no session could be opened, in one sentence that says what to do. */
export function openingFailure(settings: PostgresSettings, error: unknown): ReeveError {
  if (error instanceof ReeveError) return error;
  const said = error as Said;
  const retryable = said.severity === undefined ? !isRefusal(said) : passing.has(said.code ?? "");
  return reeveError("STORE_FAILED", `store database "${settings.name}": ${sentence(settings, said)}`, {
    cause: error,
    data: { path: settings.name },
    retryable,
  });
}

function sentence({ server, name }: PostgresSettings, error: Said): string {
  const { code = "", message, severity } = error;
  const { host, port, user, database, ssl } = server;
  const at = `${host}:${port}`;
  switch (code) {
    case "28P01":
      return `${at} refuses the password of user "${user}"; check user and password`;
    case "28000":
      return `${at} does not let user "${user}" in (${message}); check user, sslmode and the server's pg_hba.conf`;
    case "3D000":
      return `${at} has no database "${database}"; create it (create database ${database}), or correct the name`;
    case "53100":
      return noRoom;
    case "53300":
      return `${at} has no connection left (${message}); lower pool.max or raise the server's max_connections`;
    case "57P03":
      return `${at} takes no sessions yet (${message})`;
    case "42501":
      return `user "${user}" lacks a right there: ${message}`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `the name ${host} cannot be resolved (${code}); correct the host, or look at the name service`;
    case "ECONNREFUSED":
      return `no PostgreSQL listens at ${at}; start it, or correct host and port`;
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return `the certificate of ${at} is for another name (${message}); set ssl.serverName, or correct the host`;
  }
  if (severity !== undefined) return message;
  if (error instanceof PasswordFailure) return message;
  if (/SASL|password/i.test(message))
    return `${at} asks for a password of user "${user}", and none was given; set password`;
  if (/does not support SSL/.test(message))
    return `${at} has no TLS, which sslmode asks for; turn on ssl at the server, or set sslmode disable`;
  if (ssl && isCertificate(code))
    return `the certificate of ${at} is not trusted (${message}); set ssl.ca to who signed it`;
  if (/timeout/.test(message)) return `${at} did not answer in time; is the server paused, or behind a firewall?`;
  return `cannot be reached: ${message || code || name}`;
}

function isRefusal(error: Said): boolean {
  if (error instanceof PasswordFailure) return false;
  const { code = "", message } = error;
  return isCertificate(code) || /SASL|password|does not support SSL/i.test(message);
}

/** https://nodejs.org/api/tls.html#x509-certificate-error-codes */
function isCertificate(code: string): boolean {
  return /CERT|SIGNATURE|ISSUER|CRL|^ERR_(TLS|SSL|OSSL)/.test(code);
}

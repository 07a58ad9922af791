import type { Duration } from "@reeve/contract";
import type { PostgresTls, SslMode } from "./tls.ts";

export interface PostgresOptions {
  /**
   * `postgresql://user:password@host:port/database?sslmode=verify-full&sslrootcert=ca.pem`. Of its parameters `sslmode`,
   * `sslrootcert`, `sslcert`, `sslkey`, `application_name` are known. What the other options say wins.
   */
  readonly url?: string | undefined;
  /** A name, an address, or the folder of the server's socket file (`/var/run/postgresql`). Default `127.0.0.1`. */
  readonly host?: string | undefined;
  /** Default 5432. */
  readonly port?: number | undefined;
  /** Default: as the user is called. */
  readonly database?: string | undefined;
  /** Default: who runs this process. */
  readonly user?: string | undefined;
  /**
   * A text, or a function that is asked at the opening of each session: for passwords that change, and for tokens. It has as long
   * as connecting has, at most 5 s; while it fails, the sessions there are go on. Default: that of the variable `PGPASSWORD` or of
   * the file `~/.pgpass`.
   */
  readonly password?: string | (() => string | Promise<string>) | undefined;
  /**
   * `disable`; `require`: encrypted, to whomever; `verify-ca`: its certificate is signed by one of `ca`; `verify-full`: and it is
   * for this host. Default `disable`, or `verify-full` with `ssl`.
   */
  readonly sslmode?: SslMode | undefined;
  readonly ssl?: PostgresTls | undefined;
  readonly pool?: PostgresPool | undefined;
  /** How long one statement may take; a migration may take as long as it needs. Default 30 s. */
  readonly statementTimeout?: Duration | undefined;
  /**
   * How long a transaction may stand idle between two statements before the server cuts it, and others get what it has locked: for
   * so long a process that is stopped in the middle of one keeps others from its rows, and from taking its work over. Default 10 s, as
   * long as a transaction lasts by default.
   */
  readonly idleInTransactionTimeout?: Duration | undefined;
  /** The schema with the tables, made when it is missing. Default `public`. */
  readonly schema?: string | undefined;
  /** What the server calls these connections. Default `reeve`. */
  readonly applicationName?: string | undefined;
}

export interface PostgresPool {
  /** Connections of this process at most: a third of them for reads, the others for transactions. From 2 on. Default 10. */
  readonly max?: number | undefined;
  /** How long work waits for one of them. Default 15 s: longer than a transaction that hangs may hold one. */
  readonly acquireTimeout?: Duration | undefined;
}

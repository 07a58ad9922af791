import { chmod, chown, copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { loopback } from "../programs/loopback.ts";
import type { Owner } from "./owner.ts";

export interface PostgresServerTls {
  readonly certFile: string;
  readonly keyFile: string;
  /** Of who signs the certificates of clients. Default: none is asked for one. */
  readonly caFile?: string;
}

export interface PostgresServerSettings {
  /**
   * Parameters of https://www.postgresql.org/docs/18/runtime-config.html. Default: few buffers, and `fsync: "off"`, which keeps
   * what is committed when the server is killed, but not when the machine is.
   */
  readonly settings?: Readonly<Record<string, string | number>>;
  /** The lines of `pg_hba.conf`. Default: everybody by password, SCRAM. */
  readonly hba?: readonly string[];
  readonly tls?: PostgresServerTls;
}

const defaults = {
  fsync: "off",
  shared_buffers: "32MB",
  unix_socket_directories: "",
  // Nothing of ours is due at a time of day, nor in the language of this machine.
  timezone: "UTC",
  lc_messages: "C",
  log_line_prefix: "%m [%p] %q%u@%d ",
};

/** The server's arguments; certificates and rules go into its data. */
export async function serverArguments(
  data: string,
  port: number,
  given: PostgresServerSettings,
  owner?: Owner,
): Promise<string[]> {
  const { settings, hba, tls } = given;
  const tlsSettings: Record<string, string> = {};
  if (tls) {
    const files = { ssl_cert_file: tls.certFile, ssl_key_file: tls.keyFile, ssl_ca_file: tls.caFile };
    tlsSettings.ssl = "on";
    for (const [name, file] of Object.entries(files)) {
      if (!file) continue;
      tlsSettings[name] = join(data, `${name}.pem`);
      await copyFile(file, tlsSettings[name]);
      // The server refuses a key that others could read.
      await chmod(tlsSettings[name], 0o600);
      if (owner) await chown(tlsSettings[name], owner.uid, owner.gid);
    }
  }
  if (hba) await writeFile(join(data, "pg_hba.conf"), `${hba.join("\n")}\n`);
  const all = { ...defaults, ...tlsSettings, ...settings, listen_addresses: loopback, port };
  return ["-D", data, ...Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`])];
}

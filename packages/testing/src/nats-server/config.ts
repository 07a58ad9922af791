import { join } from "node:path";

export interface NatsPermission {
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
}

/** Logs in by user and password, or by the public NKey (`U…`). */
export type NatsUser = ({ readonly user: string; readonly password: string } | { readonly nkey: string }) & {
  /** A list is what is allowed. Default: everything. */
  readonly publish?: readonly string[] | NatsPermission;
  readonly subscribe?: readonly string[] | NatsPermission;
};

export interface NatsServerTls {
  readonly certFile: string;
  readonly keyFile: string;
  readonly caFile?: string;
  /** Demands a certificate of clients too. Default false. */
  readonly verify?: boolean;
}

export interface NatsConfig {
  readonly jetstream?: boolean;
  readonly users?: readonly NatsUser[];
  readonly token?: string;
  readonly tls?: NatsServerTls;
  /** More lines of https://docs.nats.io/running-a-nats-service/configuration; what they set again wins. */
  readonly config?: string;
}

/** The configuration file's text. */
export function configText({ jetstream, users, token, tls, config }: NatsConfig, directory: string): string {
  const lines = [
    // As short as the server allows, so that a test of it ends.
    'lame_duck_grace_period: "10ms"',
    'lame_duck_duration: "30s"',
  ];
  if (jetstream) lines.push(`jetstream: ${JSON.stringify({ store_dir: join(directory, "jetstream") })}`);
  if (users) lines.push(`authorization: ${JSON.stringify({ users: users.map(userEntry) })}`);
  else if (token !== undefined) lines.push(`authorization: ${JSON.stringify({ token })}`);
  if (tls) {
    const { certFile, keyFile, caFile, verify } = tls;
    lines.push(
      `tls: ${JSON.stringify({ cert_file: certFile, key_file: keyFile, ...(caFile ? { ca_file: caFile } : {}), verify: verify ?? false })}`,
    );
  }
  if (config) lines.push(config);
  return `${lines.join("\n")}\n`;
}

function userEntry({ publish, subscribe, ...identity }: NatsUser): object {
  const permissions = { ...(publish ? { publish } : {}), ...(subscribe ? { subscribe } : {}) };
  return { ...identity, ...(publish || subscribe ? { permissions } : {}) };
}
